import type Database from 'libsql';
import type { PluginStore, SecretStore } from '../core/contract/plugin-store.ts';
import { inTransaction } from './database.ts';
import { PLAIN_LOGINS, STORE_SPACE } from './migrate.ts';
import type { Sealer } from './seal.ts';
import { ADAPTER_PREFIX, readSecret, type SecretName, saveSecret } from './secret-table.ts';
import type { Store } from './store.ts';

const NAMESPACE = 'plugin:';
const BY = 'gateway';

const GET_PLAIN = 'SELECT value FROM entry WHERE space = ? AND key = ?';
const DELETE_PLAIN = 'DELETE FROM entry WHERE space = ? AND key = ?';
// Versions before the table `secret` stored only logins at upstream servers that belong there.
const LIST_LOGINS = `SELECT space, key FROM entry WHERE space >= '${NAMESPACE}' AND space < 'plugin;' AND key LIKE 'login http%'`;

/** The data of each plugin in a store. */
export function createPluginStores(store: Store, sealer: Sealer): (pluginId: string) => PluginStore {
  const secrets = createSecretStores(store, sealer);
  return (id) => {
    const space = NAMESPACE + id;
    return {
      get: (key) => store.get(space, key),
      set: (key, value) => store.set(space, key, value),
      add: (key, value) => store.add(space, key, value),
      delete: (key) => store.delete(space, key),
      entries: () => store.entries(space),
      secrets: secrets(id),
    };
  };
}

function createSecretStores(store: Store, sealer: Sealer): (pluginId: string) => SecretStore {
  const { file } = store;
  const nameOf = (plugin: string, key: string): SecretName => ({ plugin, key: ADAPTER_PREFIX + key });
  const read = (plugin: string, key: string): string | undefined =>
    file.read(undefined, (db) => readSecret(db, sealer, nameOf(plugin, key)));
  // A gateway of an older version on the same folder may store a newer login, so the plain text takes precedence.
  const move = (db: Database.Database, plugin: string, key: string): void => {
    const space = NAMESPACE + plugin;
    const row = db.prepare(GET_PLAIN).get(space, key) as { value: string } | undefined;
    if (!row) return;
    saveSecret(db, sealer, nameOf(plugin, key), row.value, Date.now(), BY);
    db.prepare(DELETE_PLAIN).run(space, key);
  };
  // Also those of servers that are no longer configured.
  const moveAll = (): void => {
    if (store.get(STORE_SPACE, PLAIN_LOGINS) === undefined) return;
    file.write((db) => {
      const rows = db.prepare(LIST_LOGINS).all() as { space: string; key: string }[];
      for (const { space, key } of rows) move(db, space.slice(NAMESPACE.length), key);
      db.prepare(DELETE_PLAIN).run(STORE_SPACE, PLAIN_LOGINS);
    });
    // The plain text must not stay readable in the log.
    file.settle();
  };

  return (plugin) => ({
    get(key) {
      // A login that cannot be moved, such as on a full disk, still works.
      attempt(moveAll);
      const plain = store.get(NAMESPACE + plugin, key);
      if (plain === undefined) return read(plugin, key);
      const isMoved = attempt(() => {
        file.write((db) => move(db, plugin, key));
        file.settle();
      });
      return isMoved ? read(plugin, key) : plain;
    },
    set(key, value) {
      file.write((db) => {
        saveSecret(db, sealer, nameOf(plugin, key), value, Date.now(), BY);
        db.prepare(DELETE_PLAIN).run(NAMESPACE + plugin, key);
      });
    },
    delete(key) {
      if (store.get(NAMESPACE + plugin, key) !== undefined) store.delete(NAMESPACE + plugin, key);
      file.read(undefined, (db) => inTransaction(db, () => saveSecret(db, sealer, nameOf(plugin, key), undefined, 0, BY)));
    },
  });
}

function attempt(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
