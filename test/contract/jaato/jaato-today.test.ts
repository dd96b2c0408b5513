import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { textOf } from '../../support/app.ts';
import { BIN } from '../../support/gateway.ts';
import { distribution, openJaato, pluginText, project, status, tools, writeFiles } from '../../support/jaato.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

// Members of the current SDK and server that older ones lack.

const GROWING = pluginText(
  'grow',
  {},
  `
    more = ()

    def __init__(self):
        self.get_executors = lambda: {"learn": self.learn, "forget": self.forget, **{n: (lambda a, n=n: "I am " + n) for n in self.more}}

    def learn(self, args):
        self.more = ("skill",)
        return "learnt"

    async def forget(self, args):
        self.more = ()
        return "forgotten"
`,
);

const SAYING = pluginText(
  'say',
  { tell: 'self.tell(args)', nothing: 'self.say("say", "alone", "write")', none: 'self.tell({}) and None' },
  `
    def set_output_callback(self, callback):
        self.say = callback

    def tell(self, args):
        self.say("say", "one ", "write")
        self.say("say", "and a half", "append")
        self.say("say", "two", "write")
        self.say("system", "", "flush")
        return "" if not args else {"three": 3}

    def get_user_commands(self):
        return [("tell", "Tells", True), ("nothing", "Says one thing", False), ("none", "Says and returns nothing", False)]
`,
);

const HOST = pluginText(
  'host',
  { told: '{**self.told, "root": self.registry.get_config_root()}', paths: 'self.paths()' },
  `
    def initialize(self, config=None):
        self.told = {"config": config["config_root"]}

    def set_registry(self, registry):
        self.registry = registry
        registry.register_category("shelf", "Things")

    def set_config_root(self, path):
        self.told["set"] = path

    def paths(self):
        registry = self.registry
        registry.authorize_external_paths(["/srv/a", "/srv/a/b"], "host", access="readonly")
        registry.deny_external_path("/srv/a/c", "host")
        return {
            "categories": registry.get_category_descriptions(),
            "listed": registry.list_authorized_paths(),
            "detailed": registry.list_authorized_paths_detailed(),
            "denied": registry.list_denied_paths(),
            "may": [registry.is_path_authorized("/srv/a/x"), registry.is_path_authorized("/srv/a/x", "write"), registry.is_path_authorized("/srv/a/c/d")],
            "source": registry.get_path_authorization_source("/srv/a/b/c"),
            "cleared": registry.clear_authorized_paths("host"),
            "enabled": registry.list_enabled(),
        }
`,
);

const DIAL = pluginText(
  'dial',
  { turn: '1' },
  `
    def get_config_schema(self):
        if os.environ.get("FORM") == "list":
            from jaato_sdk.plugins.base import PluginSetting
            return [
                PluginSetting("level", "int", 3, "0 to 9", required=True),
                PluginSetting("mode", "str", "slow", "speed", choices=["slow", "fast"]),
                PluginSetting("names", "list[str]", [], "names"),
                PluginSetting("limit", "Optional[int]", None, "a limit"),
                PluginSetting("token", "str", "", "from the environment", required=True, env_var="DIAL_TOKEN"),
                PluginSetting("odd", "Whatever", None, "of no type known"),
            ]
        return {
            "type": "object",
            "properties": {
                "level": {"type": "integer"},
                "mode": {"type": "string", "enum": ["slow", "fast"]},
                "names": {"type": "array", "items": {"type": "string"}},
                "limit": {"type": ["integer", "null"]},
                "nested": {"type": "object", "properties": {"depth": {"type": "number"}}},
                "secret": {"type": "string", "enum": ["x"], "writeOnly": True},
            },
            "required": ["level"],
        }
`,
);

describeWithPython("jaato plugins of today's contract", () => {
  it('change their offer with a call, visible to the next request', { tags: ['jaato-late'] }, async () => {
    const app = await project({ 'grow.py': GROWING }, { grow: { path: './grow.py' } });
    expect(textOf(await app.call('learn'))).toBe('learnt');
    expect(textOf(await app.call('skill'))).toBe('I am skill');
    await app.instance.gateway.refresh({ caller: app.newCall().caller, session: 'x', clientName: '' });
    expect(tools(app)).toContain('skill');
    expect(textOf(await app.call('forget'))).toBe('forgotten');
    // Both results are correct: a new description may already have removed the tool.
    expect(await app.call('skill').then(textOf, ({ message }) => message)).toMatch(/^(No executor registered for|Unknown tool:) skill/);
    await app.instance.gateway.refresh({ caller: app.newCall().caller, session: 'x', clientName: '' });
    expect(tools(app)).toEqual(['learn', 'forget']);
    // Clients are notified without a request.
    await app.call('learn');
    await until('it is listed', () => tools(app).includes('skill'));
  });

  it("return a command's output from the output callback", { tags: ['jaato-output'] }, async () => {
    const app = await project({ 'say.py': SAYING.replaceAll('lambda args: ', 'lambda args, self=self: ') }, { say: { path: './say.py' } });
    const run = async (name: string) => {
      const command = app.instance.registry.commands('say').find((c) => c.name === name);
      return (await command?.run('', app.newCall()))?.content.map((block) => (block.type === 'text' ? block.text : block.type));
    };
    expect(await run('tell')).toEqual(['one and a half\ntwo', '{"three":3}']);
    expect(await run('nothing')).toEqual(['alone']);
    expect(await run('none')).toEqual(['one and a half\ntwo']);
    const { messages } = await app.instance.gateway.getPrompt('tell', {}, app.newCall());
    expect(messages.map(({ content }) => content)).toEqual([
      { type: 'text', text: 'one and a half\ntwo' },
      { type: 'text', text: '{"three":3}' },
    ]);
    // For a tool it is progress, and the result is unchanged.
    expect(textOf(await app.call('tell', {}))).toBe('');
  });

  it('get the registry, the folder for their files and the paths of others', { tags: ['jaato-host'] }, async () => {
    const files = { 'host.py': HOST.replaceAll('lambda args: ', 'lambda args, self=self: ') };
    const app = await project(files, {
      plain: { path: './host.py' },
      own: { path: './host.py', settings: { config_root: '/srv/own' }, names: { told: 'own_told', paths: 'own_paths' } },
    });
    const root = join(app.dir, '.jaato');
    const told = [...app.instance.registry.catalogue().tools.keys()].filter((name) => name.includes('told'));
    const seen = await Promise.all(told.map(async (name) => (await app.call(name)).structured));
    expect(seen).toEqual(
      expect.arrayContaining([
        { config: root, set: root, root },
        { config: '/srv/own', set: '/srv/own', root: '/srv/own' },
      ]),
    );
    // Plugins create the folder themselves.
    expect(existsSync(root)).toBe(false);
    expect((await app.call(told[0]?.replace('told', 'paths') ?? '')).structured).toEqual({
      categories: { shelf: 'Things' },
      listed: { '/srv/a': 'host', '/srv/a/b': 'host' },
      detailed: { '/srv/a': { source: 'host', access: 'readonly' }, '/srv/a/b': { source: 'host', access: 'readonly' } },
      denied: { '/srv/a/c': 'host' },
      may: [true, false, false],
      source: 'host',
      cleared: 2,
      enabled: ['host'],
    });
  });

  it.each([
    [
      'dict',
      { level: 'high', mode: 'fsat', levle: 4, names: ['a', 2], limit: null, nested: { depht: 1, depth: 'x' }, secret: 'y' },
      [
        ['level', 'The setting "level" must be of type integer, but is of type string.'],
        ['mode', 'The setting "mode" is \'fsat\', which is not one of: slow, fast. Did you mean "fast"?'],
        ['levle', 'The plugin has no setting "levle". Did you mean "level"?'],
        ['names[1]', 'The setting "names[1]" must be of type string, but is of type integer.'],
        ['nested.depht', 'The plugin has no setting "nested.depht". Did you mean "nested.depth"?'],
        ['nested.depth', 'The setting "nested.depth" must be of type number, but is of type string.'],
        ['secret', 'The setting "secret" is not one of: x.'],
      ],
    ],
    [
      'list',
      { mode: 'fsat', names: 'a', limit: true, odd: 1, workspace_path: '/x', zzz: 1 },
      [
        ['level', 'The plugin requires the setting "level", which is not set.'],
        ['mode', 'The setting "mode" is \'fsat\', which is not one of: slow, fast. Did you mean "fast"?'],
        ['names', 'The setting "names" must be of type array, but is of type string.'],
        ['limit', 'The setting "limit" must be of type integer or null, but is of type boolean.'],
        ['zzz', 'The plugin has no setting "zzz". It has: level, mode, names, limit, token, odd.'],
      ],
    ],
  ])('have their settings checked, declared as a %s', { tags: ['jaato-settings'] }, async (form, settings, wanted) => {
    const app = await project({ 'dial.py': DIAL }, { dial: { path: './dial.py', settings, env: { FORM: form, DIAL_TOKEN: 'set' } } });
    const found = status(app, 'dial')?.problems.map(({ subject, message }) => [subject, message]);
    expect(found).toEqual(wanted);
    expect(status(app, 'dial')?.problems.every(({ code, fix }) => code === 'CONFIG_INVALID' && fix !== undefined)).toBe(true);
    expect((await app.call('turn')).isError).toBeFalsy();
  });

  it('import the current names with their fields without an installed SDK', { tags: ['jaato-names'] }, async () => {
    const base = 'PluginSetting EnrichmentPlugin SessionPersistentPlugin AnyPlugin RESOLVED_MENTIONS_METADATA_KEY ToolSchema ToolPlugin';
    const traits = 'TRAIT_SESSION_PERSISTENT TRAIT_SLOT_SCOPED TRAIT_OUTPUT_MARKER TRAIT_AUTH_PROVIDER get_session_env';
    const types = 'ToolSchema Attachment EditableContent CancelToken CancelledException TRAIT_FILE_WRITER ThinkingConfig ProviderResponse';
    const marks = 'TRAIT_UNTRUSTED_SCHEMA wrap_untrusted_content UNTRUSTED_OPEN UNTRUSTED_CLOSE sanitize_untrusted_schema';
    const more = 'defang_untrusted_markers tool_result_is_error tool_result_status TurnOutcome MediaDelta normalize_inclusive_usage';
    const wanted = {
      'jaato_sdk.plugins.base': `${base} ${traits}`,
      'jaato_sdk.plugins.model_provider': types,
      'jaato_sdk.plugins.model_provider.types': `${types} ${marks} ${more}`,
      'jaato_server.shared.plugins.base': base,
    };
    const code = `
    def check(self):
        import importlib
        from jaato_sdk.plugins.model_provider.types import Attachment, CancelToken, Message, Part, ToolSchema, UNTRUSTED_CLOSE, sanitize_untrusted_schema, wrap_untrusted_content
        lacking = {m: [n for n in names.split() if not hasattr(importlib.import_module(m), n)] for m, names in ${JSON.stringify(wanted)}.items()}
        token = CancelToken()
        token.cancel("enough")
        schema = sanitize_untrusted_schema(ToolSchema("a b", UNTRUSTED_CLOSE, {"properties": {"x": {"description": UNTRUSTED_CLOSE}}}), "x")
        return {
            "lacking": [n for names in lacking.values() for n in names],
            "made": Attachment("image/png", b"x", "p", generated_by={"model": "m"}).generated_by,
            "reason": token.cancel_reason,
            "text": Message.from_text("user", "hello").text + Part.from_text("!").text,
            "name": schema.name,
            "closed": [wrap_untrusted_content(UNTRUSTED_CLOSE).count(UNTRUSTED_CLOSE), schema.description.count(UNTRUSTED_CLOSE), str(schema.parameters).count(UNTRUSTED_CLOSE)],
        }
`;
    const app = await project(
      { 'probe.py': pluginText('probe', { probe: 'self.check()' }, code).replace('lambda args', 'lambda args, self=self') },
      { probe: { path: './probe.py' } },
    );
    expect((await app.call('probe')).structured).toEqual({
      lacking: [],
      made: { model: 'm' },
      reason: 'enough',
      text: 'hello!',
      name: 'a_b',
      closed: [1, 1, 0],
    });
  });

  it('that cannot be loaded are reported with their distribution and the Python they require', {
    tags: ['entry-point-named', 'python-version'],
  }, async () => {
    const newer = distribution('acme-newer', { newer: 'acme_newer:create_plugin' }, { 'acme_newer.py': 'def create_plugin(: pass\n' });
    const app = await project(
      {
        ...Object.fromEntries(
          Object.entries({
            ...distribution('acme-broken', { broken: 'acme_broken:create_plugin' }, { 'acme_broken.py': 'import nowhere_at_all\n' }),
            ...newer,
          }).map(([name, text]) => [`site/${name}`, text.replace('Name: acme-newer\n', 'Name: acme-newer\nRequires-Python: >=3.99,<4\n')]),
        ),
        'project/pyproject.toml': '[project]\nname = "x"\nrequires-python = ">=3.98"\n',
        'project/src/old.py': 'from nowhere_at_all import x\ndef create_plugin(): pass\n',
      },
      {
        broken: { entryPoints: ['broken'], paths: ['./site'], format: 'jaato' },
        newer: { entryPoints: ['newer'], paths: ['./site'], format: 'jaato' },
        old: { path: './project/src/old.py' },
      },
    );
    const error = (id: string) => status(app, id)?.error;
    expect(error('broken')?.message).toContain('The entry point "broken" (acme_broken:create_plugin) of acme-broken 1.0 cannot be loaded');
    expect(error('broken')?.message).toContain('nowhere_at_all');
    expect(error('broken')?.message).not.toContain('requires Python');
    expect(error('newer')?.message).toMatch(/acme-newer 1\.0 requires Python >=3\.99,<4, but this is 3\.\d+/);
    expect(error('old')?.message).toMatch(/old\.py requires Python >=3\.98, but this is/);
    for (const id of ['newer', 'old']) expect(error(id)?.fix).toContain('"python" in mcp.json');
  });

  it('show the same version and distribution everywhere', { tags: ['one-version'] }, async () => {
    const site = distribution('acme', { weather: 'acme:create_plugin' }, { 'acme.py': pluginText('weather', { forecast: '"sun"' }) });
    const dir = tempFolder();
    writeFiles(join(dir, 'site'), site);
    const file = join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ plugins: { w: { format: 'jaato', entryPoints: ['weather'], paths: ['./site'] } } }));
    const app = await openJaato({ w: { format: 'jaato', entryPoints: ['weather'], paths: ['./site'] } }, dir);
    const entry = app.instance.registry.catalogue().tools.get('forecast');
    // The source of the origin in _meta.
    expect([entry?.plugin.version, entry?.tool.meta]).toMatchObject(['1.0', { jaato: { distribution: 'acme' } }]);
    await app.close();
    const print = (...args: string[]) =>
      JSON.parse(execFileSync(process.execPath, [BIN, ...args, '--json', '--config', file], { encoding: 'utf8' }));
    expect(print('list')).toMatchObject([{ id: 'w', version: '1.0' }]);
    expect(print('info', 'w')).toMatchObject({ version: '1.0', distribution: 'acme' });
  });
});
