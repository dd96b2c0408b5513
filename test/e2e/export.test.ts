import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, FIXTURE_BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { API_FAULTS, type Api } from '../support/provider-rules.ts';

const plugmux = (file: string, ...args: string[]) => run(['export', ...args, '--config', file], { bin: FIXTURE_BIN });

/** The server entry of an export for Claude Code. */
async function serverIn(file: string, ...args: string[]): Promise<{ command: string; args: string[]; url: string; headers: object }> {
  const { code, stdout, stderr } = await plugmux(file, 'claude-code', '--json', ...args);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout)[0].content.mcpServers.plugmux;
}

describe('plugmux export', () => {
  it('prints an entry that starts the gateway unchanged, for the given profile', async () => {
    const { command, args } = await serverIn(writeConfig({ profiles: { few: { tools: ['runs'] } } }, ['consent']), '--profile', 'few');
    // The printed command is plugmux itself; the format of the tests needs their own program.
    const own = args.map((arg) => (arg.endsWith('main.js') ? FIXTURE_BIN : arg));
    expect(await (await connect('v1', { command, args: own })).list()).toEqual(['runs']);
  });

  it('points to a running gateway, its profile, and the variable that holds the token', async () => {
    const tokens = [{ token: 'a-token-long-enough', principal: 'ada' }];
    const file = writeConfig({ auth: { tokens }, profiles: { few: { tools: ['runs'] } } }, ['consent']);
    const gateway = await serve(file);
    const { url, headers } = await serverIn(file, '--http', new URL(gateway.url).host, '--profile', 'few');
    expect(headers).toEqual({ Authorization: 'Bearer $' + '{PLUGMUX_TOKEN}' });
    const client = await connect('v2 auto', { url, headers: { Authorization: `Bearer ${tokens[0]?.token}` } });
    expect(await client.list()).toEqual(['runs']);
  });

  it('prints files with their contents for users, and plain data for APIs', async () => {
    const file = writeConfig({}, ['consent']);
    const { stdout } = await plugmux(file, 'cursor');
    expect(stdout).toMatch(/^# ~\/\.cursor\/mcp\.json\n# Merge this into the file\.\n\{\n/);
    expect(stdout).toMatch(/\n\n# ~\/\.cursor\/permissions\.json\n# Merge this .*\n\{\n {2}"mcpAllowlist": \[\n {4}"plugmux:runs"\n/);
    expect(JSON.parse((await plugmux(file, 'gemini')).stdout)).toMatchObject([{ functionDeclarations: [{ name: 'erase' }, {}, {}] }]);
  });

  it.each<Api>(['openai', 'anthropic', 'gemini'])(
    'obeys the rules of %s for the default plugins and the fixtures',
    {
      tags: ['provider-rules'],
      timeout: 120_000,
    },
    async (api) => {
      const defaults = writeConfig({ pluginFolders: [fileURLToPath(new URL('../../plugins', import.meta.url))] });
      for (const [file, bin] of [
        [defaults, BIN],
        [writeConfig({}, ['consent', 'plain']), FIXTURE_BIN],
      ] as const) {
        const { code, stdout, stderr } = await run(['export', api, '--config', file], { bin });
        expect([code, stderr, API_FAULTS[api](JSON.parse(stdout))]).toEqual([0, '', []]);
        expect(stdout.length).toBeGreaterThan(1_000);
      }
    },
  );

  it('reports an unknown target, profile or name', async () => {
    const file = writeConfig({}, ['consent']);
    const say = async (...args: string[]) => {
      const { code, stderr } = await plugmux(file, ...args);
      return [code, stderr];
    };
    expect(await say('cursr')).toEqual([2, expect.stringContaining('Did you mean cursor')]);
    expect(await say('cursor', '--profile', 'none')).toEqual([2, expect.stringContaining('no profile')]);
    expect(await say('cursor', '--name', 'my_gateway')).toEqual([2, expect.stringContaining('cannot be a name')]);
    expect(await say('claude-desktop', '--http')).toEqual([2, expect.stringContaining('Leave --http out')]);
  });
});
