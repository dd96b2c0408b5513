import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { scaiwave } from '../../../dist/adapters/scaiwave/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { BY, openApp, type TestApp, textOf } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { BIN, serve } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

// Features of this format only, with real plugins in a real interpreter.

const HEAD = `import json
from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginContext, PluginManifest, PluginPermission, ToolDefinition
`;

/** A plugin class: additional manifest fields, and the body of execute_tool. */
function plugin(id: string, tools: string, body: string, more = '', manifest = ''): string {
  const className = id.replaceAll(/\W/g, '_').toUpperCase();
  return `
class ${className}(BasePlugin):
    @property
    def manifest(self) -> PluginManifest:
        return PluginManifest(id="${id}", name="${className}", version="1.0.0", description="A test", tools=[${tools}]${manifest})

    async def execute_tool(self, tool_name: str, args: str, ctx: PluginContext) -> str:
        ${body.replaceAll('\n', '\n        ')}
${more.replaceAll(/^(?=.)/gm, '    ')}
`;
}
const tool = (name: string, more = ''): string => `ToolDefinition(name="${name}", description="Does ${name}", parameters={}${more})`;

async function open(files: Record<string, string>, entry: object = {}, dir = tempFolder(), path = './plugin.py'): Promise<TestApp> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const app = await openApp([scaiwave], { plugins: { it: { path, ...entry } } }, dir);
  await app.instance.registry.start();
  return app;
}

const one = (text: string, entry: object = {}, dir?: string) => open({ 'plugin.py': HEAD + text }, entry, dir);
const status = (app: TestApp, id = 'it') => app.instance.registry.plugins().find((p) => p.id === id);
const entryOf = (app: TestApp, name: string) => app.instance.registry.catalogue().tools.get(name);
const names = (app: TestApp) => [...app.instance.registry.catalogue().tools.keys()];
const run = async (app: TestApp, name: string, args: object = {}) => textOf(await app.call(name, args));

describeWithPython('ScaiWave plugins', () => {
  it('run as documented, with every documented field of the context', async () => {
    const body = `assert isinstance(args, str) and json.loads(args) == {"x": "ü"}, args
assert (ctx.db or None) is None and ctx.redis is None and ctx.user_token is None and ctx.arq is None
return "\\n".join([ctx.room_id, ctx.sender_id, ctx.tenant.tenant_id, ctx.settings.api_base, ctx.settings.KEY, args])`;
    const app = await one(plugin('acme.it', tool('show'), body), {
      settings: { api_base: 'http://127.0.0.1:9' },
      credentials: { KEY: 'k' },
      context: { roomId: 'desk', senderId: 'ai', tenant: { tenant_id: 't1' } },
    });
    expect(await run(app, 'show', { x: 'ü' })).toBe('desk\nai\nt1\nhttp://127.0.0.1:9\nk\n{"x": "ü"}');
  });

  it('get a new context for every call, with the session by default', async () => {
    const body = `old, self.last = getattr(self, "last", None), ctx
ctx.room_id += "!"
return f"{old is ctx} {ctx.room_id} {ctx.sender_id}"`;
    const app = await one(plugin('acme.it', tool('show'), body));
    expect(await run(app, 'show')).toBe('False gateway! mcp:local');
    expect(await run(app, 'show')).toBe('False gateway! mcp:local');
  });

  it("get the client's name and session in both eras", async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'plugin.py'), HEAD + plugin('acme.it', tool('who'), 'return f"{ctx.sender_id} {ctx.room_id}"'));
    const file = join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ plugins: { it: { path: './plugin.py' } } }));
    for (const generation of ['v1', 'v2 modern'] as const) {
      const client = await connect(generation, { command: process.execPath, args: [BIN, 'stdio', '--config', file] });
      await client.list();
      const [sender, room] = (await client.call('who')).content[0]?.text?.split(' ') ?? [];
      expect(sender).toBe('mcp:plugmux-test');
      expect(room).toMatch(generation === 'v1' ? /^[0-9a-f-]{36}$/ : /^default:local$/);
      expect((await client.call('who')).content[0]?.text).toBe(`${sender} ${room}`);
    }
  });

  it('serve with one object for all, or one for each session', async () => {
    const body = 'self.n = getattr(self, "n", 0) + 1\nreturn str(self.n)';
    const from = (app: TestApp, session: string) => new Call(localCaller(), { ...silentClient(app.instance.registry as never), session });
    const count = async (app: TestApp) => {
      const texts = [];
      for (const session of ['a', 'b', 'a']) texts.push(textOf(await app.call('count', {}, from(app, session))));
      return texts.join();
    };
    expect(await count(await one(plugin('acme.it', tool('count'), body)))).toBe('1,2,3');
    expect(await count(await one(plugin('acme.it', tool('count'), body), { instances: 'per-session' }))).toBe('1,1,2');
  });

  it.each([
    ['ctx.db.execute("x")', "ctx.db is not available outside ScaiWave (attribute 'execute')"],
    ['ctx.settings.missing', 'ctx.settings.missing is not configured: add "missing" to "settings" of the entry in mcp.json'],
    ['ctx.tenant.plan', 'ctx.tenant.plan is not configured: add "plan" to "context": { "tenant" } of the entry in mcp.json'],
    ['1 / 0', 'show failed: ZeroDivisionError'],
    ['exit(3)', 'show failed: SystemExit'],
  ])('return one text for %s and keep running', async (code, expected) => {
    const app = await one(plugin('acme.it', tool('show'), `if "go" in args:\n    ${code}\nreturn "fine"`));
    const result = await app.call('show', { go: true });
    expect([result.isError, textOf(result)]).toEqual([true, expected]);
    expect(await run(app, 'show')).toBe('fine');
    if (code.includes('db')) await app.logged('"context": { "dbUrl"');
  });

  it.each([
    ['Drive search failed: HTTP 401.\nFallback suggestions: `find_note`; `web_search`.', true],
    ['Failed.\n\n**Fallback suggestions:**\n- `a`\n- `b`', true],
    ['Failed.\n> fallback suggestions: none', true],
    ['Failed.\n\n**Fallback suggestions**:\n- `a`', true],
    ['Fallback suggestions are listed on page 3.\n\nThe end.', false],
    ['What I found.\n\nFallback suggestions are on page 3.', false],
    ['## Fallback suggestions\n- `a`', false],
    ['A list.\nFallback suggestions: x\nand then more text', false],
    ['All good, see Fallback suggestions', false],
  ])('recognize a failure by the end of its text: %s', { tags: ['scaiwave-suggestions'] }, async (text, failed) => {
    const app = await one(plugin('acme.it', tool('show'), `return ${JSON.stringify(text)}`));
    const result = await app.call('show');
    expect([result.isError === true, textOf(result)]).toEqual([failed, text]);
  });

  it('may return nothing or data, without loss', async () => {
    const app = await one(plugin('acme.it', `${tool('none')}, ${tool('data')}`, 'return None if tool_name == "none" else {"a": [1]}'));
    expect((await app.call('none')).meta).toEqual({ empty: true });
    expect(await run(app, 'data')).toBe('{"a":[1]}');
  });

  it('require their permissions, and name the missing ones and the key that grants them', async () => {
    const tools = `${tool('free')}, ${tool('fetch', ', permissions_required=[PluginPermission.EXTERNAL_HTTP, "search"]')}`;
    const text = plugin('acme.it', tools, 'return tool_name', '', ', permissions=[]');
    const app = await one(text, { grant: ['search'] });
    const result = await app.call('fetch');
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('external_http');
    expect(textOf(result)).toContain('"grant"');
    expect(await run(app, 'free')).toBe('free');
    expect(entryOf(app, 'fetch')?.tool.hints).toMatchObject({ openWorld: true });
    expect(
      status(app)
        ?.problems.map((p) => p.message)
        .join(),
    ).toContain('which the manifest does not declare');
    const granted = await one(text, { grant: ['search', 'external_http'] });
    expect(await run(granted, 'fetch')).toBe('fetch');
    const hidden = await one(text, { hideUngranted: true });
    expect(names(hidden)).toEqual(['free']);
  });

  it('declare side effects, which decide on approval', async () => {
    const app = await one(plugin('acme.it', `${tool('look')}, ${tool('send', ', side_effects=True')}`, 'return tool_name'));
    expect([entryOf(app, 'look')?.tool.approval, entryOf(app, 'send')?.tool.approval]).toEqual(['auto', 'required']);
    expect(entryOf(app, 'send')?.tool.hints).toEqual({ destructive: true, readOnly: false });
  });

  it('add tools at run time, which never replace declared ones', async () => {
    const more = `found = None
async def get_dynamic_tools(self, ctx):
    if self.found == "fail":
        raise RuntimeError("no")
    return self.found and [
        {"type": "function", "function": {"name": "dance", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
        {"name": "learn", "description": "a second learn"},
    ]`;
    const app = await one(
      plugin('acme.it', tool('learn'), 'if tool_name == "learn":\n    self.found = json.loads(args).get("f", True)\nreturn args', more),
    );
    expect(names(app)).toEqual(['learn']);
    await app.call('learn');
    await until('the tool is listed', () => names(app).includes('dance'));
    expect(entryOf(app, 'dance')?.tool).toMatchObject({ approval: 'client', input: { properties: { n: { type: 'integer' } } } });
    expect(entryOf(app, 'learn')?.description).toBe('Does learn');
    expect(await run(app, 'dance', { n: 2 })).toBe('{"n": 2}');
    await app.call('learn', { f: 'fail' });
    await until('the failure is told', () => status(app)?.problems.some((p) => p.subject === 'get_dynamic_tools') === true);
    expect(names(app)).toContain('dance');
  });

  it('add tools to single sessions if they use private data', async () => {
    const more = `found = {}
async def get_dynamic_tools(self, ctx):
    return [
        {"name": n, "description": f"{n} of everybody"} if n != "diary" else
        {"name": n, "description": f"diary of {ctx.room_id}", "parameters": {"type": "object", "properties": {ctx.room_id: {}}, "required": [ctx.room_id]}}
        for n in self.found.get(ctx.room_id, ())
    ]`;
    const body = `if tool_name != "learn":
    return f"{tool_name} ran {args}"
self.found.setdefault(ctx.room_id, []).append(json.loads(args)["skill"])
return ctx.room_id`;
    const dir = tempFolder();
    writeFileSync(join(dir, 'plugin.py'), HEAD + plugin('acme.it', tool('learn'), body, more, ', scope="private"'));
    const file = join(dir, 'mcp.json');
    const auth = { tokens: ['a', 'b'].map((name) => ({ token: `token-of-${name}-0123456789`, principal: name })) };
    writeFileSync(file, JSON.stringify({ plugins: { it: { path: './plugin.py' } }, auth }));
    const gateway = await serve(file);
    const open = (name: string) =>
      connect('v1', { ...gateway.at('http'), headers: { authorization: `Bearer token-of-${name}-0123456789` } });
    const [a, b] = [await open('a'), await open('b')];
    const listed = async (client: typeof a) => (await client.list()).sort();
    const diary = async (client: typeof a) => (await client.raw.listTools()).tools.find(({ name }) => name === 'diary');
    await a.call('learn', { skill: 'dance' });
    await until('its session has it', async () => (await listed(a)).includes('dance'));
    expect(await listed(b)).toEqual(['learn']);
    expect((await a.call('dance')).content[0]?.text).toBe('dance ran {}');
    await expect(b.call('dance')).rejects.toThrow(/Unknown tool/);
    // Known to the gateway, but new to this session.
    const told = b.changes();
    await b.call('learn', { skill: 'dance' });
    await until('it is told', () => b.changes() > told);
    await until('the other has it too', async () => (await listed(b)).includes('dance'));
    // A tool with the same name may differ by session.
    for (const [client, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const room = (await client.call('learn', { skill: 'diary' })).content[0]?.text;
      await until('it has its own', async () => (await listed(client)).includes('diary'));
      expect(await diary(client)).toMatchObject({ description: `diary of ${room}`, inputSchema: { required: [room] } });
      expect((await client.call('diary', { [`${room}`]: 1 })).content[0]?.text).toBe(`diary ran {"${room}": 1}`);
      expect((await client.call('diary', { page: 1 })).isError).toBe(true);
      expect(JSON.stringify(await diary(other)) ?? '').not.toContain(room);
    }
  });

  it('give the model their current prompt text', async () => {
    const more = 'n = 0\nasync def get_system_context(self, ctx):\n    self.n += 1\n    return f"asked {self.n} times"';
    const app = await one(plugin('acme.it', tool('x'), 'return ""', more, ', injects_context=True'));
    const { prompts, instructions } = app.instance.registry.catalogue();
    expect(instructions.map((i) => i.text)).toEqual(['asked 1 times']);
    const got = await prompts.get('it_instructions')?.prompt.get({}, app.newCall());
    expect(got?.messages[0]?.content).toMatchObject({ text: 'asked 2 times' });
  });

  it('get a typed line unchanged, through the prompt of a tool with a usage', async () => {
    const app = await one(plugin('acme.it', tool('foo', ', usage="[/foo <bar>]"'), 'return f"got {args}"'));
    expect(entryOf(app, 'foo')?.description).toBe('Does foo\nUsage: [/foo <bar>]');
    const got = await app.instance.registry.catalogue().prompts.get('foo')?.prompt.get({ text: 'plain words' }, app.newCall());
    expect(got?.messages[0]?.content).toMatchObject({ text: 'got plain words' });
  });

  it('are found in a tree by its list, in order, and file by file if the list is broken', async () => {
    const file = (id: string) => HEAD + plugin(id, tool(id.replace('.', '_')), 'return tool_name');
    const tree = (list: string) => ({
      'tree/app/__init__.py': 'raise RuntimeError("never run")',
      'tree/app/plugins/__init__.py': 'raise RuntimeError("never run")',
      'tree/app/plugins/builtin/__init__.py': list,
      'tree/app/plugins/builtin/a.py': file('acme.a'),
      'tree/app/plugins/builtin/b.py': file('acme.b'),
      'tree/app/plugins/builtin/c.py': `import nowhere_at_all\n${file('acme.c')}`,
      'tree/app/plugins/builtin/unlisted.py': file('acme.unlisted'),
    });
    const imports = ['from app.plugins.builtin.b import ACME_B', 'from app.plugins.builtin.a import ACME_A'];
    const good = await open(
      tree([...imports, 'BUILTIN_PLUGINS = [', '    ACME_B(),', '    ACME_A(),', ']'].join('\n')),
      {},
      tempFolder(),
      './tree',
    );
    expect(names(good)).toEqual(['acme_b', 'acme_a']);
    expect(good.instance.registry.plugins().map((p) => p.id)).toEqual(['acme.b', 'acme.a']);
    const third = [...imports, 'from app.plugins.builtin.c import ACME_C', 'BUILTIN_PLUGINS = [ACME_B(), ACME_A(), ACME_C()]'];
    const broken = await open(tree(third.join('\n')), {}, tempFolder(), './tree');
    expect(names(broken).sort()).toEqual(['acme_a', 'acme_b']);
    expect(status(broken, 'acme.c')?.error?.message).toContain('nowhere_at_all');
  });

  it('apply the permissions and approvals of a tool to its prompt', async () => {
    const usage = ', usage="[/it]"';
    const tools = [
      tool('free', usage),
      tool('send', `${usage}, side_effects=True`),
      tool('fetch', `${usage}, permissions_required=[PluginPermission.SEARCH]`),
    ];
    const text = plugin('acme.it', tools.join(), 'return "ran"');
    const prompts = (app: TestApp) => [...app.instance.gateway.view(localCaller()).prompts.keys()].filter((name) => name !== 'approvals');
    const app = await one(text);
    expect(prompts(app)).toEqual(['free', 'fetch']);
    await expect(app.instance.gateway.getPrompt('fetch', {}, app.newCall())).rejects.toMatchObject({ code: 'DENIED' });
    await expect(app.instance.gateway.getPrompt('send', {}, app.newCall())).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    const ruled = await one(text, { approval: { free: 'ask', send: 'allow', fetch: 'deny' }, grant: ['search'] });
    expect(prompts(ruled)).toEqual(['send']);
  });

  it.each([
    ['a tuple of classes', 'BUILTIN_PLUGINS = (\n    # those\n    ACME_B,\n    Renamed(),\n)'],
    ['an empty list that is filled', 'BUILTIN_PLUGINS: list = []\nBUILTIN_PLUGINS.append(ACME_B())\nBUILTIN_PLUGINS += [Renamed()]'],
  ])('are found if the list is %s, also in packages', async (_, list) => {
    const file = (id: string) => HEAD + plugin(id, tool(id.replace('.', '_')), 'return tool_name');
    const imports = 'from .a import ACME_A as Renamed\nfrom .b import ACME_B\n';
    const files = {
      'tree/app/plugins/builtin/__init__.py': imports + list,
      'tree/app/plugins/builtin/a.py': file('acme.a'),
      'tree/app/plugins/builtin/b/__init__.py': 'from .plugin import ACME_B\n',
      'tree/app/plugins/builtin/b/plugin.py': file('acme.b'),
      'tree/app/plugins/builtin/unlisted.py': file('acme.unlisted'),
    };
    expect(names(await open(files, {}, tempFolder(), './tree'))).toEqual(['acme_b', 'acme_a']);
  });

  it('are found if their base class is in another file, under another name', async () => {
    const base = `from abc import abstractmethod
${HEAD}
class Shared(BasePlugin):
    @property
    def manifest(self):
        return PluginManifest(self.key, self.key, "1.0.0", "", [ToolDefinition(self.key.partition(".")[2], "", {})])

    @property
    @abstractmethod
    def key(self): ...
`;
    const heir = (name: string) => `from common import Shared as Base


class ${name}(Base):
    key = "acme.${name.toLowerCase()}"

    async def execute_tool(self, tool_name, args, ctx):
        return tool_name
`;
    const types = 'from app.plugins.protocol import PluginContext\n';
    const files = { 'all/common.py': base, 'all/a.py': heir('Sun'), 'all/b.py': types + heir('Rain'), 'all/c.py': types };
    const app = await open(files, {}, tempFolder(), './all');
    expect(app.instance.registry.plugins().map((p) => [p.id, p.problems])).toEqual([
      ['Sun', []],
      ['Rain', []],
    ]);
    expect(names(app)).toEqual(['sun', 'rain']);
    const both = await open({ 'common.py': base, 'two.py': types + heir('Sun') + heir('Rain') }, {}, tempFolder(), './two.py');
    expect(names(both)).toEqual(['sun', 'rain']);
    const renamed =
      HEAD.replace('BasePlugin', 'BasePlugin as BP') + plugin('acme.x', tool('x'), 'return "x"').replace('(BasePlugin)', '(BP)');
    const aliased = await one(renamed.replace(HEAD, '') + renamed.replaceAll(/acme.x|ACME_X/gi, 'acme_y').replace('name="x"', 'name="y"'));
    expect(names(aliased)).toEqual(['x', 'y']);
  });

  it('are reported if their source text did not show them', async () => {
    const hidden = plugin('acme.b', tool('y'), 'return "b"')
      .replace(/^(?=.)/gm, '    ')
      .replace('class', 'global ACME_B\n    class');
    const text = `${plugin('acme.a', tool('x'), 'return "a"')}\ndef make():\n${hidden}\nmake()\n`;
    const app = await one(text);
    expect(names(app)).toEqual(['x']);
    expect(status(app)?.problems).toContainEqual({
      message: 'The source also contains acme.b.',
      fix: 'Select the plugins to serve: "allow": ["acme.a","acme.b"].',
    });
    expect(status(await one(text, { allow: ['acme.a'] }))?.problems).toEqual([]);
  });

  it('may be selected from a source with several, and then use their own ids', async () => {
    const text = HEAD + plugin('acme.a', tool('x'), 'return "a"') + plugin('acme.b', tool('y'), 'return "b"');
    const both = await open({ 'plugin.py': text });
    expect(both.instance.registry.plugins().map((p) => p.id)).toEqual(['acme.a', 'acme.b']);
    const named = await open({ 'plugin.py': text }, { allow: ['acme.b'] });
    expect(named.instance.registry.plugins().map((p) => [p.id, p.alias])).toEqual([['it', 'acme.b']]);
    expect(names(named)).toEqual(['y']);
    const missing = await open({ 'plugin.py': text }, { allow: ['acme.z'] });
    expect(status(missing)?.error?.message).toContain('found: acme.a, acme.b');
  });

  it('accept newer keywords with a warning, and ignore unknown permissions', async () => {
    const newer = await one(plugin('acme.it', tool('x', ', icon="star"'), 'return "x"'));
    expect(await run(newer, 'x')).toBe('x');
    await until('it is logged', () => newer.lines.some((l) => l.level === 'warn' && l.message.includes("'icon'")));
    const unknown = await one(plugin('acme.it', tool('x', ', permissions_required=[PluginPermission.FLY]'), 'return "x"'));
    expect(status(unknown)?.error?.message).toContain('FLY');
  });

  it('may subclass the documented types, and copy their arguments', async () => {
    const text = `import copy, dataclasses, inspect
from abc import ABC

class HttpTool(ToolDefinition):
    def __init__(self, url, **more):
        super().__init__("fetch", f"Fetches {url}", {}, **more)

@dataclasses.dataclass(frozen=True)
class Rated(ToolDefinition, ABC):
    rate: int = 3
${plugin(
  'acme.it',
  'HttpTool(url="http://a", icon="star"), Rated("rated", "Rated", {})',
  `rate = Rated("x", "x", {}, rate=5).rate
settings = copy.deepcopy(ctx.settings)
return f"{rate} {list(inspect.signature(ToolDefinition).parameters)[:2]} {settings.key} {getattr(settings, 'other', None)}"`,
)}`;
    const app = await one(text, { settings: { key: 'v' } });
    expect(entryOf(app, 'fetch')?.description).toBe('Fetches http://a');
    expect(await run(app, 'rated')).toBe("5 ['name', 'description'] v None");
    expect(status(app)?.problems.map((p) => p.message)).toEqual([expect.stringContaining("'icon'")]);
  });

  it('keep private data from anonymous callers', async () => {
    const app = await one(plugin('acme.it', tool('mine'), 'return "secret"', '', ', scope="private"'));
    expect(await run(app, 'mine')).toBe('secret');
    const tool_ = entryOf(app, 'mine')?.tool;
    const anonymous = Object.create(app.newCall(), {
      caller: { value: { principal: 'local', profile: 'default', scopes: [], anonymous: true } },
    });
    const refused = await tool_?.call({}, anonymous);
    expect([refused?.isError, textOf(refused as never)]).toEqual([true, expect.stringContaining('Use a token')]);
  });
});

describeWithPython('Installing a ScaiWave plugin', () => {
  const counting = (hook: string) =>
    plugin(
      'acme.it',
      tool('count'),
      'return open("count").read()',
      `async def on_install(self, ctx):\n    ${hook}\nasync def on_uninstall(self, ctx):\n    open("count", "a").write("u")`,
    );

  it('run on_install once, also across restarts, and on_uninstall when disabled', async () => {
    const dir = tempFolder();
    const text = counting('open("count", "a").write(f"i{ctx.tenant.tenant_id}")');
    const first = await one(text, {}, dir);
    expect(await run(first, 'count')).toBe('idefault');
    await first.close();
    const second = await one(text, {}, dir);
    expect(await run(second, 'count')).toBe('idefault');
    await second.instance.admin.setEnabled('it', false, BY);
    expect(status(second)?.state).toBe('disabled');
    expect(names(second)).toEqual([]);
    await second.close();
    const third = await one(text, {}, dir);
    expect(status(third)?.state).toBe('disabled');
    await third.instance.admin.setEnabled('it', true, BY);
    expect(await run(third, 'count')).toBe('idefaultuidefault');
  });

  it('run hooks where calls run, and start no loop for plugins that await nothing', async () => {
    const text = `import sqlite3, sys
${plugin(
  'acme.it',
  tool('show'),
  'import asyncio\nawait asyncio.sleep(0)\nreturn self.db.execute("select v from t").fetchone()[0]',
  `async def on_install(self, ctx):
    self.db = sqlite3.connect(":memory:")
    self.db.execute("create table t as select ? as v", [f"asyncio at start: {'asyncio' in sys.modules}"])`,
)}`;
    expect(await run(await one(text), 'show')).toBe('asyncio at start: False');
    const awaiting = text.replace('self.db =', 'import asyncio\n        await asyncio.sleep(0.01)\n        self.db =');
    expect(await run(await one(awaiting), 'show')).toBe('asyncio at start: True');
  });

  it('stay disabled if their hook fails, and retry when enabled', async () => {
    const dir = tempFolder();
    const text = counting(
      'import os\n    if not os.path.exists("ready"):\n        raise RuntimeError("not ready")\n    open("count", "a").write("i")',
    );
    const app = await one(text, {}, dir);
    expect(status(app)).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('not ready') } });
    await expect(app.instance.admin.setEnabled('it', true, BY)).rejects.toThrow('not ready');
    await app.close();
    const second = await one(text, {}, dir);
    expect(status(second)?.error?.message).toContain('on_install failed on');
    writeFileSync(join(dir, 'ready'), '');
    await second.instance.admin.setEnabled('it', true, BY);
    expect(await run(second, 'count')).toBe('i');
  });
});
