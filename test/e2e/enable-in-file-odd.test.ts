import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, run as runAny } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

const SERVER = { command: 'node', args: ['server.js'] };

const scaiwave = (id: string) => `
class ${id.toUpperCase()}(BasePlugin):
    @property
    def manifest(self):
        tools = [ToolDefinition(name="${id}_run", description="Runs", parameters={"type": "object"})]
        return PluginManifest(id="${id}", name="${id}", version="1.0.0", description="One of two", tools=tools)

    async def execute_tool(self, tool_name, args, ctx):
        return "done"
`;
/** A file with two plugins. */
const SUITE = `from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginManifest, ToolDefinition
${scaiwave('weather')}${scaiwave('polls')}`;

function project(text: string | object, suite?: string) {
  const dir = tempFolder();
  if (suite !== undefined) writeFileSync(join(dir, 'suite.py'), suite);
  const file = join(dir, 'mcp.json');
  writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
  const read = () => readFileSync(file, 'utf8');
  return {
    run: (...args: string[]) => runAny([...args, '--in-file'], { bin: BIN, cwd: dir, env: { TOKEN: 'planted-secret-value' } }),
    read,
  };
}

it('commands that run at the same time all take effect', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  const { run, read } = project({ mcpServers: Object.fromEntries(ids.map((id) => [id, SERVER])) });
  expect((await Promise.all(ids.map((id) => run('disable', id)))).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(JSON.parse(read()).plugins).toEqual(Object.fromEntries(ids.map((id) => [id, { enabled: false }])));
});

it('a reference in a list is kept, and its value does not get into the file', async () => {
  const { run, read } = project({ plugins: { seed: { path: './seed.py', allow: ['${env:TOKEN}', 'search', 'other'] } } });
  expect((await run('disable', 'search')).code).toBe(0);
  expect(JSON.parse(read()).plugins.seed.allow).toEqual(['${env:TOKEN}', 'other']);
});

it('an entry point is switched beside its list, whose number of items decides on ids', { tags: ['enable-one'] }, async () => {
  const both = { entryPoints: ['pack:alpha', 'beta'] };
  const { run, read } = project({ plugins: { both } });
  expect((await run('disable', 'alpha')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ both, alpha: { enabled: false } });
  expect((await run('enable', 'alpha')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ both });
});

it('a plugin of an entry without a list is switched by an entry of its own', { tags: ['enable-one'] }, async () => {
  const suite = { path: './suite.py', enabled: false };
  const { run, read } = project({ plugins: { suite } }, SUITE);
  expect((await run('enable', 'polls')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ suite, polls: { enabled: true } });
  expect((await run('enable', 'polls')).stdout).toContain('polls is already enabled');
  expect((await run('disable', 'polls')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ suite });
});

it('a list is left alone if its last plugin would get another id', { tags: ['enable-one'] }, async () => {
  const suite = { path: './suite.py', allow: ['weather', 'polls'] };
  const { run, read } = project({ plugins: { suite } }, SUITE);
  expect((await run('disable', 'polls')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ suite, polls: { enabled: false } });
  expect((await run('enable', 'polls')).code).toBe(0);
  expect(JSON.parse(read()).plugins).toEqual({ suite });
});

it('a list that does not select plugins is left alone', async () => {
  const { run, read } = project({ plugins: { seed: { path: './seed.py', install: ['requests'] } } });
  const before = read();
  expect(await run('disable', 'requests')).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no plugin "requests"') });
  expect(read()).toBe(before);
});

it.each([
  ['a name that is no id of a plugin', { mcpServers: { 'a b': SERVER } }, 'a b'],
  ['a file of another client', { mcpServers: { up: SERVER }, theirs: 1 }, 'up'],
])('a server is disabled in its own entry, for %s', async (_, file, id) => {
  const { run, read } = project(file);
  expect((await run('disable', id)).code).toBe(0);
  expect(JSON.parse(read())).toEqual({ ...file, mcpServers: { [id]: { ...SERVER, disabled: true } } });
  expect((await run('enable', id)).code).toBe(0);
  expect(JSON.parse(read())).toEqual(file);
});

it('settings are kept to the digit, or rejected with the file unchanged', async () => {
  const { run, read } = project({ plugins: { dice: { path: './dice' } } });
  const before = read();
  const nested = '['.repeat(3000) + ']'.repeat(3000);
  for (const [settings, message] of [
    ['{"a":1,"a":2}', 'one object has the same key twice'],
    [`{"a":${nested}}`, 'levels deep'],
    ['{"a":1e999}', 'mcp.json is unchanged'],
    ['{"__proto__":{}}', 'mcp.json is unchanged'],
    ['{"a":"${env:NOT_SET}"}', 'NOT_SET is not set'],
  ] as const) {
    const { code, stderr } = await run('enable', 'dice', '--settings', settings);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(read()).toBe(before);
  }
  expect((await run('enable', 'dice', '--settings', '{"a":12345678901234567890,"b":"${env:TOKEN}"}')).code).toBe(0);
  expect(read()).toContain('12345678901234567890');
  expect(read()).toContain('${env:TOKEN}');
});

it('settings of an MCP server are rejected', async () => {
  const { run } = project({ mcpServers: { up: SERVER } });
  expect(await run('enable', 'up', '--settings', '{"a":1}')).toMatchObject({
    code: 2,
    stderr: 'plugmux: up is an MCP server, which has no settings. Set "env", "args" or "headers" in its entry.\n',
  });
});

it('an entry that only disables a plugin goes when the plugin is enabled', async () => {
  const { run, read } = project({ mcpServers: { up: SERVER } });
  await run('disable', 'up');
  await run('enable', 'up');
  expect(JSON.parse(read())).toEqual({ mcpServers: { up: SERVER }, plugins: {} });
});
