import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { DAMAGE, makeStore, noise } from '../support/damage.ts';
import { FIXTURE_BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

const ADMIN = { token: 'a-token-for-administrators', principal: 'admin', scopes: ['admin'] };
const headers = { Authorization: `Bearer ${ADMIN.token}` };

const plugmux = (config: string, ...args: string[]) => run([...args, '--config', config], { bin: FIXTURE_BIN });

interface Plugin {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
}

async function pluginsOf(url: string): Promise<Record<string, Plugin>> {
  const response = await fetch(new URL('/v1/admin/plugins', url), { headers });
  const { data } = (await response.json()) as { data: Plugin[] };
  return Object.fromEntries(data.map((plugin) => [plugin.id, plugin]));
}

describe('a store that is damaged at the start', () => {
  const damaged = (name: string): string => {
    const config = writeConfig({ state: './state' }, ['plain']);
    DAMAGE[name]?.(makeStore(join(config, '../state')));
    return config;
  };

  it.each([
    ['noise in its place', ['serve', '--http', '127.0.0.1:0']],
    ['cut behind a page', ['serve', '--http', '127.0.0.1:0']],
    ['noise in a middle page', ['stdio']],
    ['another text in its place', ['call', 'echo']],
  ])('ends commands that would open plugins: %s, %j', { tags: ['store-damaged'] }, async (name, command) => {
    const { code, stderr } = await plugmux(damaged(name), ...command);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^plugmux: The store .*state\.db is damaged: .* `plugmux store repair`\. \(STORE_DAMAGED\)$/m);
  });

  it('is explained by doctor and list', { tags: ['store-damaged'] }, async () => {
    const config = damaged('noise in a middle page');
    const doctor = await plugmux(config, 'doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^off {5}plain .*\n +It counts as disabled, .* is damaged: .*\n +-> .*`plugmux store repair`/m);
    const list = await plugmux(config, 'list', '--json');
    expect(list.code).toBe(0);
    expect(JSON.parse(list.stdout)).toMatchObject([
      { id: 'plain', state: 'disabled', error: expect.stringContaining('is damaged'), tools: [] },
    ]);
  });
});

describe('a store that is damaged while the gateway runs', () => {
  it('keeps plugins closed that would open from then on, and does not close open ones', { tags: ['store-damaged'] }, async () => {
    const dir = tempFolder();
    const plugins = { one: { path: './plain.fixture' } };
    const write = (more: object) =>
      writeConfig({ state: './state', plugins: { ...plugins, ...more }, auth: { tokens: [ADMIN] } }, ['consent'], dir);
    writeFileSync(join(dir, 'plain.fixture'), '');
    const file = makeStore(join(dir, 'state'));
    const gateway = await serve(write({}));
    const client = await connect('v1', { ...gateway.at('http'), headers });
    expect((await client.call('echo', { message: 'x' })).isError).not.toBe(true);
    writeFileSync(file, noise(3 * 4096));
    const deadline = performance.now() + 20_000;
    // A gateway starts to watch its file shortly after it listens, so the change may have to be repeated.
    while ((await pluginsOf(gateway.url)).two === undefined && performance.now() < deadline) {
      write({ two: { path: './plain.fixture' } });
      await until('the file is applied', async () => (await pluginsOf(gateway.url)).two !== undefined, 3_000).catch(() => undefined);
    }
    const state = await pluginsOf(gateway.url);
    expect(state.two).toMatchObject({ state: 'disabled', error: expect.stringMatching(/^It counts as disabled, .* is damaged: /) });
    expect(state.one).toMatchObject({ state: 'ready', error: null });
    expect((await client.call('echo', { message: 'x' })).isError).not.toBe(true);
    await expect(client.call('two_echo', { message: 'x' })).rejects.toThrow(/Unknown tool/);
    await gateway.said('Plugins that open from now on count as disabled');
    // Enabling cannot be stored, so it fails; disabling takes effect although it cannot be stored.
    const ask = (what: string) => fetch(new URL(`/v1/admin/plugins/${what}`, gateway.url), { method: 'POST', headers });
    expect((await ask('two/enable')).status).toBe(409);
    expect(await (await ask('one/disable')).json()).toMatchObject({
      error: { message: expect.stringContaining('one is disabled until this process ends') },
    });
    expect(await pluginsOf(gateway.url)).toMatchObject({ one: { state: 'disabled' }, two: { state: 'disabled' } });
  });

  it.each(['Allow once', 'Allow for this session', 'Always allow'])(
    'rejects approvals, also after "%s"',
    { tags: ['store-damaged', 'approval-closed'] },
    async (scope) => {
      const config = writeConfig({ state: './state' }, ['consent']);
      const file = makeStore(join(config, '../state'));
      const gateway = await serve(config);
      let asked = 0;
      const client = await connect('v1', gateway.at('http'), {
        elicit: () => {
          asked++;
          return { action: 'accept', content: { decision: scope } };
        },
      });
      const before = await client.call('erase', { what: 'a' });
      expect([before.isError === true, asked]).toEqual([false, 1]);
      writeFileSync(file, noise(3 * 4096));
      const result = await client.call('erase', { what: 'b' });
      expect(result).toMatchObject({ isError: true, _meta: { 'plugmux/error': { code: 'APPROVAL_STORE_UNAVAILABLE' } } });
      expect(JSON.stringify(result)).toContain('plugmux store repair');
      expect((await client.call('runs')).content[0]?.text).toBe('a;');
      expect(asked).toBe(1);
    },
  );
});

describe('an inaccessible store', () => {
  it('opens no plugin, is not reported as damaged, and opens all plugins once it can be read', {
    tags: ['store-unavailable'],
  }, async () => {
    const config = writeConfig({ state: './state', auth: { tokens: [ADMIN] } }, ['plain']);
    const file = join(config, '../state/state.db');
    mkdirSync(file, { recursive: true });
    const gateway = await serve(config);
    expect(await pluginsOf(gateway.url)).toMatchObject({
      plain: { state: 'disabled', error: expect.stringContaining('cannot be opened as a file') },
    });
    await gateway.said('STATE_STORE_UNAVAILABLE');
    const repair = await plugmux(config, 'store', 'repair', '--yes');
    expect([repair.code, existsSync(file)]).toEqual([1, true]);
    renameSync(file, `${file}.away`);
    await until('it is opened', async () => (await pluginsOf(gateway.url)).plain?.state === 'ready', 15_000);
  });
});

describe('PLUGMUX_KEY that is not a key', () => {
  it.each([['serve', '--http', '127.0.0.1:0'], ['stdio'], ['call', 'echo'], ['login', 'hub']])(
    'ends the start and is named without its value: %s',
    { tags: ['store-sealed'] },
    async (...command) => {
      const config = writeConfig({ state: './state', mcpServers: { hub: { url: 'http://127.0.0.1:1/mcp' } } }, ['plain']);
      const wrong = `${Buffer.alloc(32, 0xfb).toString('base64')}\n`;
      const { code, stdout, stderr } = await run([...command, '--config', config], { bin: FIXTURE_BIN, env: { PLUGMUX_KEY: wrong } });
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(/PLUGMUX_KEY is not a key: it must be 32 bytes in base64, but contains a space or line break\./);
      expect(stdout + stderr).not.toContain(wrong.slice(0, 10));
      expect(existsSync(join(config, '../state'))).toBe(false);
    },
  );
});

describe('plugmux store repair', () => {
  it('reports no fault for a store that is intact, empty or missing', { tags: ['store-repair'] }, async () => {
    const config = writeConfig({ state: './state' });
    for (const prepare of [
      () => undefined,
      () => mkdirSync(join(config, '../state')),
      () => writeFileSync(join(config, '../state/state.db'), ''),
      () => makeStore(join(config, '../state')),
    ]) {
      prepare();
      expect(await plugmux(config, 'store', 'repair')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to repair') });
    }
  });

  it.each(Object.entries(DAMAGE))(
    'moves the files aside unchanged and reports what is lost: %s',
    { tags: ['store-repair'] },
    async (name, damage) => {
      const config = writeConfig({ state: './state' }, ['plain']);
      const state = join(config, '../state');
      const file = makeStore(state, { 'disabled-plugins': ['plain'], grants: ['a', 'b'] });
      damage(file);
      for (const end of ['-wal', '-shm']) writeFileSync(file + end, 'left over', { mode: 0o640 });
      const before = statSync(file).mode;
      const asked = await plugmux(config, 'store', 'repair');
      expect(asked.code).toBe(2);
      expect(asked.stderr).toContain('--yes');
      expect(readdirSync(state)).toContain('state.db');
      const { code, stdout } = await plugmux(config, 'store', 'repair', '--yes');
      expect(code).toBe(0);
      expect(stdout).toMatch(/plugins that an administrator disabled are enabled again/);
      if (name.startsWith('noise in a') || name.startsWith('noise in its last')) expect(stdout).toMatch(/disabled: plain$/m);
      const files = readdirSync(state).filter((f) => !f.endsWith('.lock'));
      expect(files.filter((f) => /^state\.db\.damaged-\d{8}T\d{6}Z(-wal|-shm)?$/.test(f))).toHaveLength(3);
      expect(files).toHaveLength(3);
      expect(statSync(join(state, files.sort()[0] as string)).mode).toBe(before);
      expect(JSON.parse((await plugmux(config, 'list', '--json')).stdout)).toMatchObject([{ id: 'plain', state: 'ready' }]);
      expect((await plugmux(config, 'store', 'repair')).stdout).toContain('nothing to repair');
    },
  );

  it('is rejected while a gateway has the store open, even one that found the damage, and not after it was killed', {
    tags: ['store-repair'],
  }, async () => {
    const config = writeConfig({ state: './state' }, ['plain']);
    const file = makeStore(join(config, '../state'));
    const gateway = await serve(config);
    writeFileSync(file, noise(3 * 4096));
    const refused = await plugmux(config, 'store', 'repair', '--yes');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/has the store in .* open, so it cannot be moved\. Stop the gateways/),
    ]);
    expect(existsSync(file)).toBe(true);
    await gateway.stop('SIGKILL');
    expect((await plugmux(config, 'store', 'repair', '--yes')).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});
