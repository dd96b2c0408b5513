import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../../fixtures/talos', import.meta.url));

/** Plugins of a run: folders of the test fixtures, under other ids and in separate groups. */
const PLUGINS = {
  canary: { from: 'echo', group: 'canary' },
  steady: { from: 'echo', group: 'steady' },
  slow: { from: 'slow', group: 'steady' },
  many: { from: 'many', group: 'steady' },
  inner: { from: 'echo', isolation: 'none' },
  victim: { from: 'echo', group: 'victim' },
  victim_slow: { from: 'slow', group: 'victim' },
  victim_fails: { from: 'fails', group: 'victim' },
  victim_rude: { from: 'rude', group: 'victim' },
  odd: { from: '../../torture/world/odd', group: 'odd' },
};

/** Only intentional faults may time out, even on a slow machine. */
const HEALTHY_TIMEOUT_MS = 30_000;

/** The tokens: two principals for the load, and one that reads the status. */
export const PRINCIPALS = ['ada', 'bob', 'admin'];

/** A folder with a configuration, plugins and planted secrets. `limits` are those of this run. */
export function createWorld({ limits, plugins = Object.keys(PLUGINS), fixture = true }) {
  const dir = mkdtempSync(join(tmpdir(), 'plugmux-torture-'));
  const mark = randomUUID();
  const secrets = Array.from({ length: 30 }, (_, i) => `planted-${i}-${randomUUID()}`);
  const tokens = Object.fromEntries(PRINCIPALS.map((name, i) => [name, secrets[i]]));
  const nonces = {};
  const off = new Set();
  for (const id of plugins) {
    cpSync(join(FIXTURES, PLUGINS[id].from), join(dir, id), { recursive: true });
    const file = join(dir, id, 'manifest.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), id }));
  }
  if (fixture) writeFileSync(join(dir, 'plain.fixture'), '');

  const entry = (id, i) => {
    const { group, isolation } = PLUGINS[id];
    return {
      path: `./${id}`,
      approval: 'allow',
      ...(group === 'victim' ? {} : { limits: { callTimeoutMs: HEALTHY_TIMEOUT_MS } }),
      ...(off.has(id) ? { enabled: false } : {}),
      ...(isolation ? { isolation } : { group }),
      settings: { nonce: String(nonces[id] ?? 0), api_key: secrets[10 + i] },
      env: { TORTURE_RUN: mark, TORTURE_GROUP: group ?? '' },
    };
  };
  const config = () => ({
    plugins: Object.fromEntries([
      ...plugins.map((id, i) => [id, entry(id, i)]),
      ...(fixture ? [['plain', { path: './plain.fixture', approval: 'allow' }]] : []),
    ]),
    auth: {
      tokens: PRINCIPALS.map((principal) => ({
        token: tokens[principal],
        principal,
        ...(principal === 'admin' ? { scopes: ['admin'] } : {}),
      })),
    },
    limits,
  });
  const file = join(dir, 'mcp.json');
  const world = {
    dir,
    file,
    mark,
    tokens,
    secrets,
    plugins,
    /** How many processes the plugins use. */
    groups: new Set(plugins.flatMap((id) => PLUGINS[id].group ?? [])).size,
    save: (text = JSON.stringify(config())) => writeFileSync(file, text),
    /** Changes a setting of a plugin, so that the gateway replaces it. */
    renew(id) {
      nonces[id] = (nonces[id] ?? 0) + 1;
    },
    enable: (id, enabled) => void (enabled ? off.delete(id) : off.add(id)),
    source: (id) => join(dir, id, 'index.ts'),
    /** The recorded audit lines of calls. */
    audit() {
      const folder = join(dir, '.plugmux/audit');
      return readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('');
    },
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
  world.save();
  return world;
}
