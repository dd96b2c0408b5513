import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { distribution, openJaato, pluginText, project, status, tools, writeFiles } from '../../support/jaato.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

const SEED = fileURLToPath(new URL('../../fixtures/jaato-seed', import.meta.url));

describeWithPython('jaato plugins', () => {
  describe('of the first documents', () => {
    it('runs the documented example unchanged, without the framework', async () => {
      const app = await openJaato({ example: { path: join(SEED, 'shared/plugins/example.py') } });
      expect((await app.call('example_tool', { message: 'hello' })).structured).toEqual({ echo: 'hello', length: 5 });
      expect(status(app, 'example')?.facts).toMatchObject({ generation: 'S', name: 'example' });
      expect(status(app, 'example')?.facts.standins).toEqual(
        expect.arrayContaining(['google', 'google.genai', 'google.genai.types', 'shared.plugins.base']),
      );
      expect(app.instance.registry.catalogue().tools.get('example_tool')?.tool.approval).toBe('client');
    });

    it('converts declarations to JSON Schema, and reports what it omits', async () => {
      const app = await openJaato({ search: { path: join(SEED, 'shared/plugins/search') } });
      const entry = app.instance.registry.catalogue().tools.get('search_index');
      expect(entry?.tool.input).toEqual({
        type: 'object',
        properties: {
          level: { type: ['integer', 'null'], enum: [1, 2, null] },
          query: { type: 'string', minLength: 1, examples: ['a word'] },
          tags: { type: 'array', items: { type: 'string' }, maxItems: 3 },
          any: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        },
        required: ['query'],
      });
      expect(entry?.tool.approval).toBe('auto');
      expect(tools(app)).toEqual(['search_index']);
      const messages = status(app, 'search')?.problems.map((p) => p.message);
      expect(messages).toEqual([
        'The command "reindex" is declared, but has no executor.',
        'The tool "forgotten" is declared but has no executor.',
      ]);
      expect(app.instance.registry.catalogue().instructions[0]?.text).toBe('Call search_index for everything.');
    });

    it('gives each plugin its own copy of its settings', async () => {
      const settings = { limit: 3, nested: { kept: true } };
      const app = await openJaato({ search: { path: join(SEED, 'shared/plugins/search'), settings } });
      expect((await app.call('search_index', { query: 'x' })).structured).toEqual({ found: { query: 'x' }, limit: 3 });
    });

    it('loads only the selected plugins of a checkout, each with its own settings', async () => {
      const app = await openJaato({ checkout: { path: SEED, allow: ['search', 'example'], config: { search: { limit: 7 } } } });
      expect(app.instance.registry.plugins().map((p) => p.id)).toEqual(['search', 'example']);
      expect((await app.call('search_index', { query: 'x' })).structured).toMatchObject({ limit: 7 });
      expect(status(app, 'search')?.unselected).toEqual(['background']);
    });

    it.each([
      [{ checkout: { path: SEED } }, /contains 3 jaato plugins: background, example, search/],
      [{ checkout: { path: SEED, allow: ['serch'] } }, /contains no plugin "serch"\. Did you mean search\?/],
      [{ checkout: { path: SEED, allow: ['search'], settings: { limit: 1 } } }, /with several uses "config"/],
      [{ search: { path: join(SEED, 'shared/plugins/search'), config: { search: {} } } }, /with one plugin uses "settings"/],
    ])('rejects an incomplete or contradictory entry: %j', async (plugins, message) => {
      const app = await openJaato(plugins);
      expect(app.instance.registry.plugins().map((p) => p.error?.message)).toEqual([expect.stringMatching(message)]);
    });

    it('runs commands for the model as prompts, and the others only for the user', async () => {
      const app = await openJaato({ search: { path: join(SEED, 'shared/plugins/search'), settings: { limit: 2 } } });
      const { prompts } = app.instance.gateway.view(localCaller());
      expect([...prompts.values()].filter((p) => p.plugin.id === 'search').map((p) => p.name)).toEqual(['search', 'search_instructions']);
      const result = await app.instance.gateway.getPrompt('search', {}, app.newCall());
      expect(result.messages).toEqual([{ role: 'user', content: { type: 'text', text: '{"found":{},"limit":2}' } }]);
      const commands = app.instance.registry.commands('search');
      expect(commands.map((c) => c.name)).toEqual(['search', 'stats']);
      expect(textOf(await (commands[1] as (typeof commands)[0]).run('', app.newCall()))).toBe('{"limit":2}');
    });

    it('runs no command whose tool the operator denies', async () => {
      const commands = `
    def get_user_commands(self):
        return [("find", "", True), ("only", "", True)]
`;
      const text = pluginText('p', { find: '1' }, commands)
        .replace('"find": lambda', '"only": lambda args: 2,\n            "find": lambda')
        .replace('for tool in self.get_executors()', 'for tool in ["find"]');
      const prompts = async (more: object) => {
        const app = await project({ 'p.py': text }, { p: { path: './p.py', ...more } });
        return [...app.instance.gateway.view(app.newCall().caller).prompts.keys()].filter((name) => name !== 'approvals');
      };
      expect(await prompts({})).toEqual(['find', 'only']);
      expect(await prompts({ approval: { find: 'deny' } })).toEqual(['only']);
      expect(await prompts({ approval: { find: 'ask' } })).toEqual(['only']);
    });

    it('lists tools added at run time, and ends background threads', async () => {
      const app = await openJaato({ background: { path: join(SEED, 'shared/plugins/background') } });
      expect(tools(app)).toContain('round_0');
      await until('the second tool is listed', () => {
        app.instance.gateway.refresh(app.newCall());
        return tools(app).includes('round_1');
      });
      expect(textOf(await app.call('round_1'))).toBe('1');
      await app.close();
      await app.logged('stopped after True');
    });
  });

  describe('entry points', () => {
    const weather = distribution(
      'acme-weather',
      { weather: 'acme_weather.plugin:create_plugin' },
      {
        'acme_weather/__init__.py': '',
        'acme_weather/plugin.py': pluginText('weather', { forecast: '"sunny"' }),
        'never_imported.py': 'raise RuntimeError("nobody named it")\n',
      },
    );
    const inLib = (files: Readonly<Record<string, string>>, lib = 'lib') =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${lib}/${name}`, text]));

    it('are found in folders of the path without pip', async () => {
      const app = await project(inLib(weather), { weather: { entryPoints: ['weather'], paths: ['./lib'] } });
      expect(textOf(await app.call('forecast'))).toBe('sunny');
      expect(status(app, 'weather')?.facts).toMatchObject({ entryPoint: 'weather', distribution: 'acme-weather', version: '1.0' });
    });

    it('are found despite remains of a badly removed distribution', async () => {
      const { 'acme_weather-1.0.dist-info/entry_points.txt': left = '' } = weather as Record<string, string>;
      const files = { ...inLib(weather), 'lib/removed-1.0.dist-info/entry_points.txt': left };
      const app = await project(files, { weather: { entryPoints: ['weather'], paths: ['./lib'] } });
      expect(textOf(await app.call('forecast'))).toBe('sunny');
    });

    it('are rejected if two distributions offer the same one, until one is selected', async () => {
      const other = distribution(
        'other-weather',
        { weather: 'other_weather:create_plugin' },
        {
          'other_weather.py': pluginText('weather', { forecast: '"rain"' }),
        },
      );
      const files = { ...inLib(weather), ...inLib(other, 'more') };
      const paths = ['./lib', './more'];
      const app = await project(files, { weather: { entryPoints: ['weather'], paths } });
      expect(status(app, 'weather')?.error).toMatchObject({ code: 'NAME_COLLISION' });
      expect(status(app, 'weather')?.error?.message).toContain('acme-weather:weather and other-weather:weather');
      await app.reconfigure({ plugins: { weather: { entryPoints: ['other-weather:weather'], paths } } });
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call('forecast'))).toBe('rain');
    });

    it("never shadow the framework's own implicitly", async () => {
      const bad = distribution(
        'evil-tools',
        { cli: 'evil_tools:create_plugin', sly: 'evil_tools:create_sly' },
        {
          'evil_tools.py': `${pluginText('cli', { run: '"ran"' })}\n\ndef create_sly():\n    print("made sly")\n    return Plugin()\n`,
        },
      );
      const entry = (name: string) => ({ entryPoints: [name], paths: ['./lib'] });
      const app = await project(inLib(bad), { cli: entry('cli'), sly: entry('sly') });
      expect(status(app, 'cli')?.error).toMatchObject({ code: 'DENIED' });
      expect(status(app, 'sly')?.error).toMatchObject({ code: 'DENIED' });
      await app.reconfigure({ plugins: { cli: entry('evil-tools:cli') } });
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call('run'))).toBe('ran');
    });

    it('obey the allow-list of the environment', async () => {
      const env = { JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST: 'other_one, Another.One' };
      const app = await project(inLib(weather), { weather: { entryPoints: ['weather'], paths: ['./lib'], env } });
      expect(status(app, 'weather')?.error?.message).toContain('acme-weather is not on JAATO_PLUGIN_ENTRY_POINT_ALLOWLIST');
    });

    it('are retried without their parent packages if these cannot be imported', async () => {
      const heavy = distribution(
        'heavy',
        { light: 'heavy.plugins.light:create_plugin' },
        {
          'heavy/__init__.py': 'import a_module_that_nobody_has\n',
          'heavy/plugins/__init__.py': 'import a_module_that_nobody_has\n',
          'heavy/plugins/light/__init__.py': 'from .plugin import create_plugin\n',
          'heavy/plugins/light/plugin.py': pluginText('light', { lit: '"light"' }),
        },
      );
      const app = await project(inLib(heavy), { light: { entryPoints: ['light'], paths: ['./lib'] } });
      await until('it is ready', () => status(app, 'light')?.state === 'ready');
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call('lit'))).toBe('light');
    });

    it('that do not exist are reported with the existing ones', async () => {
      const app = await project(inLib(weather), { w: { entryPoints: ['wether'], paths: ['./lib'] } });
      expect(status(app, 'w')?.error).toMatchObject({ code: 'ENTRY_NOT_FOUND' });
      expect(status(app, 'w')?.error?.message).toContain('Found: weather (acme-weather)');
    });
  });

  describe('results', () => {
    const RESULTS = pluginText('results', {
      fails: '{"error": "no such file", "hint": "look again"}',
      only_error: '{"error": "gone"}',
      status: '{"error": "none", "task_id": "7", "returncode": 1}',
      refused: '{"ok": False, "text": "no"}',
      pair: '(False, {"why": "not now"})',
      with_meta: '({"value": 1}, {"source": "here"})',
      hidden: '{"_secret": 1, "shown": 2, "_permission": {"comment": "as you like"}}',
      image: '{"_multimodal": True, "image_data": b"png", "display_name": "a.png"}',
      files:
        '{"_multimodal": True, "_multimodal_type": "attachments", "note": "two", "_multimodal_attachments": [{"mime_type": "audio/wav", "data": b"x"}, __import__("types").SimpleNamespace(mime_type="text/csv", data=b"a,b", display_name="t.csv")]}',
      number: '7',
      text: '"{\\"x\\": 1}"',
      error_text: '"Error: not really"',
    });
    const call = async (tool: string, more: object = {}) => {
      const app = await project({ 'results.py': RESULTS }, { results: { path: './results.py', ...more } });
      return app.call(tool);
    };

    it.each([
      ['fails', { isError: true, structured: { error: 'no such file', hint: 'look again' } }],
      ['only_error', { isError: true, content: [{ type: 'text', text: 'gone' }] }],
      ['status', { structured: { error: 'none', task_id: '7', returncode: 1 } }],
      ['refused', { isError: true, structured: { ok: false, text: 'no' } }],
      ['pair', { isError: true, structured: { why: 'not now' } }],
      ['with_meta', { structured: { value: 1 }, meta: { jaato: { source: 'here' } } }],
      ['hidden', { structured: { shown: 2, permission_note: 'as you like' } }],
      ['number', { structured: { result: 7 }, content: [{ type: 'text', text: '{"result":7}' }] }],
      ['text', { content: [{ type: 'text', text: '{"x": 1}' }] }],
      ['error_text', { content: [{ type: 'text', text: 'Error: not really' }] }],
    ])('%s', async (tool, expected) => {
      const result = await call(tool);
      expect(result).toMatchObject(expected);
      if (!('isError' in expected)) expect(result.isError).toBeFalsy();
    });

    it('with binary data become content blocks', async () => {
      expect((await call('image')).content.at(-1)).toEqual({ type: 'image', data: 'cG5n', mimeType: 'image/png' });
      expect((await call('files')).content.slice(1)).toEqual([
        { type: 'audio', data: 'eA==', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'attachment:///t.csv', mimeType: 'text/csv', blob: 'YSxi' } },
      ]);
    });

    it('that begin with "Error:" are failures if configured', async () => {
      expect((await call('error_text', { errorPrefix: true })).isError).toBe(true);
    });
  });

  describe('the current contract', () => {
    const RICH = `import asyncio
from jaato_sdk.plugins.base import UserCommand, CommandParameter, CommandCompletion, HelpLines
from jaato_sdk.plugins.model_provider.types import ToolSchema, WithMetadata
from jaato_sdk.session_env import get_session_env


class RichPlugin:
    name = "rich"

    def __init__(self):
        self.config = None
        self.calls = []

    def initialize(self, config=None):
        self.config = config

    def set_plugin_registry(self, registry):
        self.registry = registry

    def set_workspace_path(self, path):
        self.workspace = path

    def set_output_callback(self, callback):
        self.say = callback

    def reset_for_next_session(self):
        pass

    def get_tool_schemas(self):
        both = {"type": "object", "properties": {"left": {"type": "integer"}, "right": {"type": "integer"}}}
        return [
            ToolSchema("keywords", "Adds", both, category="math", traits=frozenset({"file_writer", "untrusted_content"})),
            ToolSchema("told", "What it was told"),
            ToolSchema("counted", "How often this object was called"),
            ToolSchema("streamed", "Says it piece by piece"),
            ToolSchema("spoken", "Speaks while it works"),
            ToolSchema("meta", "Result with metadata"),
        ]

    def get_executors(self):
        return {"keywords": self._keywords, "told": self._told, "counted": self._counted, "streamed": lambda args: "all at once",
                "spoken": self._spoken, "meta": lambda args: WithMetadata({"value": 1}, {"took": 2}), "greet": self._greet,
                "manual": lambda args: HelpLines([("Only for eyes", "bold")])}

    def _keywords(self, left=0, right=0):
        return {"sum": left + right}

    def _told(self, args):
        return {"workspace": self.workspace, "config": self.config, "exposed": self.registry.list_exposed(),
                "env": get_session_env("RICH", "none"), "missing": hasattr(self.registry, "nonsense")}

    def _counted(self, args):
        self.calls.append(1)
        return {"calls": len(self.calls)}

    def _spoken(self, args):
        self.say("rich", "half way", "write")
        return "done"

    def supports_streaming(self, tool):
        return tool == "streamed"

    async def execute_streaming(self, tool, args, on_chunk=None):
        for text in ("one ", "two"):
            await asyncio.sleep(0)
            yield type("Chunk", (), {"content": text})()

    def get_user_commands(self):
        return [
            UserCommand("greet", "Greets", True, [CommandParameter("who", "Whom", True), CommandParameter("text", "How", capture_rest=True)]),
            UserCommand("manual", "Help", True),
            ("plain", "A plain tuple", False),
        ]

    def execute_user_command(self, command, args):
        return {"ran": command, "args": args}

    def _greet(self, args):
        return f"{args['text']}, {args['who']}"

    def get_command_completions(self, command, args):
        names = ["Ada", "Alan", "Grace"] if len(args) <= 1 else ["hello"]
        return [CommandCompletion(name, "a name") for name in names]


def create_plugin():
    return RichPlugin()
`;
    const rich = (more: object = {}) => project({ 'rich.py': RICH }, { rich: { path: './rich.py', env: { RICH: 'yes' }, ...more } });

    it('passes the same objects as the original host', async () => {
      const app = await rich({ settings: { session_id: 'mine' } });
      const told = (await app.call('told')).structured as Record<string, unknown>;
      expect(told).toMatchObject({ workspace: app.dir, exposed: ['rich'], env: 'yes', missing: false });
      expect(told.config).toEqual({
        session_id: 'mine',
        workspace_path: app.dir,
        config_root: join(app.dir, '.jaato'),
        agent_name: 'plugmux',
      });
      expect(status(app, 'rich')?.facts).toMatchObject({ generation: 'T' });
    });

    it('calls executors with keyword arguments if they are written for them', { tags: ['jaato-untrusted'] }, async () => {
      const app = await rich();
      // Untrusted text is fenced, which data cannot be.
      const sum = await app.call('keywords', { left: 2, right: 3 });
      expect([sum.structured, textOf(sum)]).toEqual([undefined, '<untrusted source="unknown" tool="keywords">\n{"sum":5}\n</untrusted>']);
      expect(app.instance.registry.catalogue().tools.get('keywords')?.tool).toMatchObject({
        hints: { readOnly: false, openWorld: true },
        labels: ['category:math'],
        meta: { jaato: { category: 'math', traits: ['file_writer', 'untrusted_content'] } },
      });
    });

    it('sends output as progress, and streams if the client requests progress', async () => {
      const app = await rich();
      const heard: (string | undefined)[] = [];
      const listening = () =>
        new Call(localCaller(), {
          ...silentClient(app.instance.registry as never),
          progress: (_, __, message) => void heard.push(message),
        });
      expect(textOf(await app.call('spoken', {}, listening()))).toBe('done');
      expect(textOf(await app.call('streamed', {}, listening()))).toBe('one two');
      expect(heard).toEqual(['half way', 'one ', 'two']);
      expect(textOf(await app.call('streamed'))).toBe('all at once');
      expect(await app.call('meta')).toMatchObject({ structured: { value: 1 }, meta: { jaato: { took: 2 } } });
    });

    it('gives commands arguments and completions, and hides help from the model', async () => {
      const app = await rich();
      const prompt = app.instance.gateway.view(localCaller()).prompts.get('greet')?.prompt;
      expect(prompt?.arguments).toEqual([
        { name: 'who', description: 'Whom', required: true },
        { name: 'text', description: 'How', required: false },
      ]);
      expect(await prompt?.complete?.('who', 'A', {})).toEqual(['Ada', 'Alan']);
      expect(await prompt?.complete?.('text', '', { who: 'Ada' })).toEqual(['hello']);
      const get = (name: string, args: Record<string, string>) => app.instance.gateway.getPrompt(name, args, app.newCall());
      expect((await get('greet', { who: 'Ada', text: 'good morning' })).messages[0]?.content).toEqual({
        type: 'text',
        text: 'good morning, Ada',
      });
      expect(JSON.stringify(await get('manual', {}))).not.toContain('Only for eyes');
      const run = async (name: string, text: string) =>
        textOf(
          (await app.instance.registry
            .commands('rich')
            .find((c) => c.name === name)
            ?.run(text, app.newCall())) as never,
        );
      expect(await run('manual', '')).toBe('Only for eyes');
      expect(await run('greet', 'Ada how are you')).toBe('how are you, Ada');
      expect(await run('plain', 'a b')).toBe('{"ran":"plain","args":{"args":["a","b"]}}');
    });

    it('serves one object for all, or one for each session', async () => {
      const from = (app: TestApp, session: string) => new Call(localCaller(), { ...silentClient(app.instance.registry as never), session });
      const count = async (app: TestApp, session: string) =>
        ((await app.call('counted', {}, from(app, session))).structured as { calls: number }).calls;
      const shared = await rich();
      expect([await count(shared, 'a'), await count(shared, 'b')]).toEqual([1, 2]);
      const own = await rich({ instances: 'per-session' });
      expect([await count(own, 'a'), await count(own, 'b'), await count(own, 'a')]).toEqual([1, 1, 2]);
    });

    it('loads a file with the name of a Python module', async () => {
      const app = await project({ 'json.py': pluginText('j', { told: '__import__("json").dumps([1])' }) }, { j: { path: './json.py' } });
      expect(textOf(await app.call('told'))).toBe('[1]');
      const { python, searched, timings } = (status(app, 'j')?.facts ?? {}) as { python: string; searched: string[]; timings: string[] };
      expect(python).toMatch(/^3\.\d+\.\S+ \(/);
      expect(searched).toContain(app.dir);
      const stages = ['find', 'import', 'factory', 'protocol', 'initialize', 'describe'];
      expect(timings).toEqual(stages.map((stage) => expect.stringMatching(new RegExp(`^${stage} \\d+ ms$`))));
    });

    it('loads packages with names of Python packages, which others still find', async () => {
      const plugin = (name: string) =>
        `import http.client, urllib.request\nfrom .more import MORE\n${pluginText(name, { [name]: 'MORE' })}`;
      const files = {
        'lib/email/__init__.py': plugin('mail'),
        'lib/email/more.py': 'MORE = "mail ran"\n',
        'lib/calendar/__init__.py': plugin('dates'),
        'lib/calendar/more.py': 'MORE = "dates ran"\n',
      };
      const app = await project(files, { mail: { path: './lib/email' }, dates: { path: './lib/calendar' } });
      expect([textOf(await app.call('mail')), textOf(await app.call('dates'))]).toEqual(['mail ran', 'dates ran']);
      const both = await project(files, { both: { path: './lib', allow: ['mail', 'dates'] } });
      expect([textOf(await both.call('mail')), textOf(await both.call('dates'))]).toEqual(['mail ran', 'dates ran']);
    });

    it('use the name of the plugin, not of a tool or another class', async () => {
      const log = 'class Log:\n    @property\n    def name(self):\n        return "<log>"\n\n\n';
      const named = log + pluginText('weather', { forecast: '1' });
      const unnamed =
        log +
        pluginText('weather', { forecast: 'dict(\n                name="a tool",\n            )' }).replace(
          '= "weather"',
          '= "we" + "ather"',
        );
      const files = { 'a/weather.py': named, 'b/plain.py': unnamed };
      const app = await project(files, { named: { path: './a', allow: ['weather'] }, unnamed: { path: './b', allow: ['plain'] } });
      expect(app.instance.registry.plugins().map((p) => [p.id, p.state])).toEqual([
        ['weather', 'ready'],
        ['plain', 'ready'],
      ]);
    });

    it('names a required setting', async () => {
      const more = '\n    def get_config_schema(self):\n        return {"required": ["region", "key"]}\n';
      const app = await project({ 'p.py': pluginText('p', { t: '1' }, more) }, { p: { path: './p.py', settings: { key: 'k' } } });
      expect(status(app, 'p')?.problems.map((p) => p.message)).toEqual(['The plugin requires the setting "region", which is not set.']);
    });

    it('requires every member if the entry is strict', async () => {
      const app = await rich({ strictProtocol: true });
      expect(status(app, 'rich')?.error?.message).toMatch(/has no shutdown, no get_system_instructions, no get_auto_approved_tools/);
    });

    it('reports a problem once', async () => {
      const app = await project({ 'p.py': `exit("bye")\n${pluginText('p', { t: '1' })}` }, { p: { path: './p.py' } });
      expect(status(app, 'p')?.error?.message).toMatch(/in the stage "import": SystemExit: bye$/);
    });

    it('logs a stand-in as a detail', async () => {
      const { lines } = await rich({});
      const told = lines.filter(({ message }) => message.startsWith('jaato_sdk is provided by a stand-in'));
      expect(told.map(({ level }) => level)).toEqual(['debug']);
    });

    it('names a missing import, and can disable stand-ins', async () => {
      const app = await rich({ standins: 'off' });
      expect(status(app, 'rich')?.error).toMatchObject({ code: 'DEPENDENCY_MISSING' });
      expect(status(app, 'rich')?.error?.message).toContain('jaato_sdk');
      const hint = await project(
        { 'x.py': 'from google.genai.types import Tool, GenerateContentConfig\n\n\ndef create_plugin():\n    pass\n' },
        { x: { path: './x.py' } },
      );
      expect(status(hint, 'x')?.error?.message).toMatch(/; google\.genai\.types is a stand-in that contains only data classes\.$/);
      expect(status(hint, 'x')?.error?.fix).toMatch(/^Install google-genai in/);
    });
  });
});

describe('without Python', () => {
  it('names what to install, and serves the others', async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'p.py': pluginText('p', { t: '1' }) });
    const app = await openApp([jaato], { plugins: { p: { path: './p.py', python: 'python-that-is-not-there' } } }, dir);
    await app.instance.registry.whenListed(10_000);
    expect(status(app, 'p')).toMatchObject({ state: 'failed' });
    expect(status(app, 'p')?.error).toMatchObject({ code: 'DEPENDENCY_MISSING' });
    expect(status(app, 'p')?.error?.fix).toContain('apt install python3');
  });
});
