import { createRequire } from 'node:module';
import { join } from 'node:path';
import { localCaller } from '../../dist/src/core/contract/caller.js';
import { emptyOffer } from '../../dist/src/core/contract/plugin.js';
import type { GatewayError } from '../../dist/src/core/errors.js';
import { openApp, type TestApp } from './app.ts';
import { until } from './processes.ts';
import { tempFolder } from './temp.ts';

type State = 'opening' | 'ready' | 'restarting' | 'failed';

/** A format whose plugins are controlled by the test, and that counts opens and starts. */
export class Stage {
  /** Holds the configuration and the state of a gateway. */
  readonly dir = tempFolder();
  readonly config: { plugins: Record<string, object> };
  opened: string[] = [];
  started: string[] = [];
  readonly offers = new Map<string, object>();
  readonly digests = new Map<string, string>();
  readonly guards = new Set<string>();
  readonly calls: string[] = [];
  readonly #plugins = new Map<string, (state: State, error?: GatewayError) => void>();

  readonly adapter = {
    kind: 'stage',
    options: {},
    paths: [],
    read: async ({ key, path }: { key: string; path: string }) => [
      {
        id: key,
        version: '1',
        adapter: 'stage',
        origin: path,
        watch: [],
        digest: this.digests.get(key) ?? 'd',
        ...(this.guards.has(key) ? { guards: true } : {}),
      },
    ],
    open: async (manifest: { id: string }) => {
      const { id } = manifest;
      this.opened.push(id);
      let state: State = 'opening';
      let error: GatewayError | undefined;
      let offer: object | undefined;
      const listeners: (() => void)[] = [];
      this.#plugins.set(id, (next, why) => {
        state = next;
        error = why;
        offer = { ...emptyOffer, ...this.offers.get(id) };
        for (const listener of listeners) listener();
      });
      return {
        manifest,
        offer: () => (state === 'opening' || state === 'failed' ? undefined : offer),
        state: () => state,
        error: () => error,
        start: async () => void this.started.push(id),
        onChange: (listener: () => void) => listeners.push(listener),
        close: async () => undefined,
      };
    },
  } as never;

  /** `ids`: the plugins of its configuration. */
  constructor(...ids: string[]) {
    this.config = this.configOf(...ids);
  }

  /** A configuration with these plugins, all in one folder. */
  configOf(...ids: string[]): { plugins: Record<string, object> } {
    return { plugins: Object.fromEntries(ids.map((id) => [id, { path: this.dir }])) };
  }

  /** The next gateway with the same state. */
  open(config: object = this.config): Promise<TestApp> {
    return openApp([this.adapter], config, this.dir);
  }

  move(id: string, state: State, error?: GatewayError): void {
    this.#plugins.get(id)?.(state, error);
  }

  tool(plugin: string, name: string, more: object = {}): object {
    const call = async () => {
      this.calls.push(name);
      return { content: [{ type: 'text', text: `${plugin} ran ${name}` }] };
    };
    return { name, description: `does ${name}`, input: { type: 'object', properties: {} }, approval: 'client', call, ...more };
  }

  /** A gateway whose plugins have all loaded, so the next gateway remembers them. */
  async firstStart(config: object = this.config): Promise<void> {
    const app = await this.open(config);
    await app.instance.registry.start();
    for (const id of this.opened) this.move(id, 'ready');
    await until('all are ready', () => app.instance.plugins().every(({ state }) => state === 'ready' || state === 'disabled'));
    await app.close();
    this.opened = [];
    this.started = [];
  }

  /** A gateway that remembers what its plugins offered at a first start, and has opened none yet. */
  async secondStart(config: object = this.config): Promise<TestApp> {
    await this.firstStart(config);
    return this.open(config);
  }
}

/** The listed tools. */
export const names = (app: TestApp): string[] => [...app.instance.gateway.view(localCaller()).listed.keys()];
/** The state of one plugin. */
export const stateOf = (app: TestApp, id: string) => app.instance.plugins().find((plugin) => plugin.id === id)?.state;

const SELECT = "SELECT key, value FROM entry WHERE space = 'offers' ORDER BY key";

function inStore<T>(
  dir: string,
  use: (db: { prepare(sql: string): { all(): { key: string; value: string }[]; run(...values: string[]): void } }) => T,
): T {
  const Libsql = createRequire(import.meta.url)('libsql');
  const db = new Libsql(join(dir, '.plugmux/state.db'));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

/** The content of the store: keys and values. */
export function rows(dir: string): [string, string][] {
  return inStore(dir, (db) =>
    db
      .prepare(SELECT)
      .all()
      .map(({ key, value }) => [key, value]),
  );
}

/** Changes the content of the store by hand. */
export function edit(dir: string, change: (row: string) => string): void {
  for (const [key, value] of rows(dir))
    inStore(dir, (db) => db.prepare("UPDATE entry SET value = ? WHERE space = 'offers' AND key = ?").run(change(value), key));
}
