import { expect, it } from 'vitest';
import { BY, textOf } from '../../support/app.ts';
import { openJaato, pluginText, project, status } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';

const LIST = `
    def get_config_schema(self):
        from jaato_sdk.plugins.base import PluginSetting
        return [
            PluginSetting("level", "int", 3, "0 to 9", required=True),
            PluginSetting("mode", "str", "slow", "speed", choices=["slow", "fast"]),
            PluginSetting("limit", "Optional[int]", None, "a limit"),
            PluginSetting("api_token", "str", "", "for the site"),
        ]
`;
const SCHEMA = `
    def get_config_schema(self):
        return {
            "type": "object",
            "properties": {
                "level": {"type": "integer", "title": "Level", "default": 3, "maximum": 9},
                "word": {"type": "string", "format": "password", "default": "planted-word"},
                "hook": {"type": "string", "x-secret": True},
                "folder": {"type": "string", "x-path": "directory"},
            },
            "required": ["folder"],
        }
`;

describeWithPython('a jaato plugin', () => {
  it('declares its settings as a list or as a JSON Schema', { tags: ['settings-shape'] }, async () => {
    const app = await project(
      {
        'a.py': pluginText('a', { run_a: '1' }, LIST),
        'b.py': pluginText('b', { run_b: '1' }, SCHEMA),
        'c.py': pluginText('c', { run_c: '1' }),
      },
      { a: { path: './a.py', settings: { level: 4 } }, b: { path: './b.py' }, c: { path: './c.py' } },
    );
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => app.instance.settings.read(id)));
    const view = (id: string) => ({ a, b, c })[id];
    expect(view('a')?.settings).toEqual([
      {
        key: 'level',
        description: '0 to 9',
        secret: false,
        required: true,
        source: 'file',
        fixed: 'file',
        at: expect.stringMatching(/mcp\.json:1:\d+$/),
        value: 4,
      },
      { key: 'mode', description: 'speed', secret: false, required: false, source: 'default', value: 'slow' },
      { key: 'limit', description: 'a limit', secret: false, required: false, source: 'unset' },
      { key: 'api_token', description: 'for the site', secret: true, required: false, source: 'unset' },
    ]);
    expect(view('a')?.schema).toMatchObject({ properties: { mode: { enum: ['slow', 'fast'] }, limit: { type: ['integer', 'null'] } } });
    expect(view('b')?.settings.map(({ key, source, secret }) => [key, source, secret])).toEqual([
      ['level', 'default', false],
      ['word', 'unset', true],
      ['hook', 'unset', true],
      ['folder', 'missing', false],
    ]);
    expect(view('b')?.schema).toMatchObject({ properties: { folder: { 'x-path': 'directory' }, hook: { writeOnly: true } } });
    expect([JSON.stringify(view('b')).includes('planted'), view('c')]).toEqual([false, undefined]);
  });

  it('of an entry with several gets its own stored values, and declares its settings even if it fails', {
    tags: ['settings-stored'],
  }, async () => {
    const STRICT = `
    def initialize(self, config=None):
        self.config = config or {}
        if self.config.get("level") == 5:
            raise ValueError("five is refused")
`;
    const tools = (name: string) => ({ [`run_${name}`]: '__import__("json").dumps([plugin.config, os.getpid()])' });
    const source = (name: string) =>
      pluginText(name, tools(name), SCHEMA + STRICT).replace(
        '    return Plugin()',
        '    global plugin\n    plugin = Plugin()\n    return plugin',
      );
    const plugins = { all: { path: './all', format: 'jaato', allow: ['a', 'b'], config: { a: { level: 2 } } } };
    let app = await project({ 'all/a.py': source('a'), 'all/b.py': source('b') }, plugins);
    await app.instance.registry.start();
    const save = async (id: string, values: object, secrets: object = {}) =>
      app.instance.settings.save(
        id,
        { revision: (await app.instance.settings.read(id))?.revision ?? '', values: values as never, secrets: secrets as never },
        BY,
      );
    const received = async (name: string) => JSON.parse(textOf(await app.call(`run_${name}`)))[0];
    await expect(save('a', { level: 3 })).rejects.toMatchObject({ code: 'FIXED_BY_FILE' });
    expect(await save('b', { level: 7, folder: './here' }, { hook: 'planted-hook-value' })).toMatchObject({ state: 'ready' });
    expect(await received('b')).toMatchObject({ level: 7, folder: './here', hook: 'planted-hook-value' });
    const a = await received('a');
    expect([a.level, a.folder, a.hook]).toEqual([2, undefined, undefined]);

    expect((await save('b', { level: 5 })).error?.message).toContain('five is refused');
    await app.close();
    app = await openJaato(plugins, app.dir);
    await app.instance.registry.start();
    expect(status(app, 'b')).toMatchObject({ state: 'failed', settings: undefined });
    const failed = await app.instance.settings.read('b');
    expect(failed?.settings.map(({ key, source }) => [key, source])).toContainEqual(['level', 'console']);
    expect(await save('b', { level: 6 })).toMatchObject({ state: 'ready' });
    expect(JSON.stringify([failed, app.lines])).not.toContain('planted-hook-value');
  });
});
