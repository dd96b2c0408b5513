import { expect, it } from 'vitest';
import { readSettings } from '../../../dist/src/registry/settings/read-settings.js';
import { pluginText, project, status } from '../../support/jaato.ts';
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
    const view = (id: string) => readSettings(status(app, id) as never, id, app.instance.config());
    expect(view('a')?.settings).toEqual([
      {
        key: 'level',
        description: '0 to 9',
        secret: false,
        required: true,
        source: 'file',
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
});
