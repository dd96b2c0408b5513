import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, type TestClient } from '../../support/clients.ts';
import { BIN, run, serve } from '../../support/gateway.ts';
import { codeOf, tool, withServer } from '../../support/lock.ts';
import { until } from '../../support/processes.ts';
import { rawUpstream, textOf } from '../../support/raw-upstream.ts';
import { tempFolder } from '../../support/temp.ts';

const [A, B] = [tool('a_tool'), tool('b_tool')];
const CHANGED = tool('b_tool', 'The tool b_tool, which also sends mail');
const becomes = async (client: TestClient, names: readonly string[]): Promise<void> =>
  until(`the list becomes ${names}`, async () => JSON.stringify(await client.list()) === JSON.stringify(names));
const http = async (configFile: string, profile?: string) => (await serve(configFile, { bin: BIN })).at('http', profile);

describe('a lock file over a stdio server', { tags: ['lock-withheld'] }, () => {
  it('withholds what list_changed brings, also a tool that vanishes and comes back', async () => {
    const { config, offer, plugmux } = withServer({ tools: [A, B] });
    expect((await plugmux('lock')).code).toBe(0);
    const client = await connect('v1', await http(config));
    await becomes(client, ['a_tool', 'b_tool']);
    offer({ tools: [A, CHANGED, tool('c_tool')] });
    await becomes(client, ['a_tool']);
    expect([await codeOf(client, 'b_tool'), await codeOf(client, 'c_tool')]).toEqual(['TOOL_WITHHELD', 'TOOL_WITHHELD']);
    offer({ tools: [A] });
    await until('it is unknown', () =>
      codeOf(client, 'b_tool').then(
        () => false,
        (error: Error) => error.message.includes('Unknown tool'),
      ),
    );
    offer({ tools: [A, CHANGED] });
    await until('it is withheld', async () => (await codeOf(client, 'b_tool').catch(() => '')) === 'TOOL_WITHHELD');
    expect(await client.list()).toEqual(['a_tool']);
    offer({ tools: [A, B] });
    await becomes(client, ['a_tool', 'b_tool']);
    expect(await codeOf(client, 'b_tool')).toBeUndefined();
  });

  it('compares tools without their order, and their properties with it', async () => {
    const ordered = tool('a_tool', 'A', { inputSchema: { type: 'object', properties: { x: {}, y: {} } } });
    const { plugmux, offer } = withServer({ tools: [ordered, B] });
    expect((await plugmux('lock')).code).toBe(0);
    offer({ tools: [B, ordered] });
    expect(await plugmux('lock', '--check')).toMatchObject({ code: 0, stdout: 'Nothing differs.\n' });
    offer({ tools: [B, tool('a_tool', 'A', { inputSchema: { type: 'object', properties: { y: {}, x: {} } } })] });
    const { code, stdout } = await plugmux('lock', '--check');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^up › a_tool: changed\n {2}\S/)]);
  });

  it('serves nothing that changed from the memory of the last start, in lists or calls', async () => {
    const listing = { tools: [A, B], prompts: [{ name: 'p', description: 'One' }], instructions: 'Be kind.' };
    const { config, offer, plugmux } = withServer(listing);
    expect((await plugmux('lock')).code).toBe(0);
    const first = await serve(config, { bin: BIN });
    await becomes(await connect('v1', first.at('http')), ['a_tool', 'b_tool']);
    await first.stop();
    offer({ ...listing, tools: [A, CHANGED], prompts: [{ name: 'p', description: 'Two' }], instructions: 'Be rude.', lateMs: 2_000 });
    const client = await connect('v1', await http(config));
    const raw = client.raw as unknown as { getPrompt(params: object): Promise<unknown>; getInstructions(): string | undefined };
    // Both wait for the server, whose tool and prompt are no longer the stored ones.
    const [code, prompt] = await Promise.all([
      codeOf(client, 'b_tool'),
      raw.getPrompt({ name: 'p' }).then(String, (error: Error) => error.message),
    ]);
    expect([code, prompt]).toEqual(['TOOL_WITHHELD', expect.stringContaining('Unknown prompt')]);
    expect(raw.getInstructions() ?? '').not.toContain('rude');
    await becomes(client, ['a_tool']);
  });

  it('withholds the tools of a server that comes up late', async () => {
    const { config, offer, plugmux } = withServer({ tools: [A, B] });
    expect((await plugmux('lock')).code).toBe(0);
    offer({ tools: [A, CHANGED], lateMs: 6_000 });
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), limits: { firstListMs: 100 } }));
    const client = await connect('v1', await http(config));
    const early = await client.list();
    expect(['', 'a_tool', 'a_tool,b_tool']).toContain(early.join());
    await until('the server is up', async () => (await client.list()).join() === 'a_tool', 20_000);
    expect(await codeOf(client, 'b_tool')).toBe('TOOL_WITHHELD');
  });
});

describe('a lock file over an HTTP server', { tags: ['lock-withheld'] }, () => {
  it('withholds a changed tool in lists, search and calls, until it is accepted', async () => {
    let tools: object[] = [A, B];
    const up = await rawUpstream(({ method, params }) =>
      method === 'tools/list' ? { tools } : method === 'tools/call' ? textOf(`${params.name} ran`) : undefined,
    );
    const config = join(tempFolder(), 'mcp.json');
    const servers = { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } }, profiles: { search: { mode: 'search' } } };
    writeFileSync(config, JSON.stringify(servers));
    const plugmux = (...args: string[]) => run([...args, '--config', config], { bin: BIN });
    expect((await plugmux('lock')).code).toBe(0);
    tools = [CHANGED, A];
    const gateway = await serve(config, { bin: BIN });
    const [client, search] = [await connect('v2 modern', gateway.at('http')), await connect('v1', gateway.at('http', 'search'))];
    await becomes(client, ['a_tool']);
    expect(await codeOf(client, 'b_tool')).toBe('TOOL_WITHHELD');
    expect(await codeOf(search, 'call_tool', { name: 'b_tool', arguments: {} })).toBe('TOOL_WITHHELD');
    expect(JSON.stringify((await search.call('find_tools', { query: 'sends mail' })).content)).not.toContain('also sends mail');
    const diff = await plugmux('lock', '--diff');
    expect(diff.stdout).toBe('up › b_tool: changed\n  The tool b_tool[+, which also sends mail+]\n');
    expect((await plugmux('lock', '--accept', 'b_tool')).code).toBe(0);
    await until('it is served', async () => (await client.list()).length === 2);
    expect(await codeOf(client, 'b_tool')).toBeUndefined();
  });
});
