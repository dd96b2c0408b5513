import { expect, it } from 'vitest';
import { textOf } from '../../support/app.ts';
import { pluginText, project } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';

const MORE = `
    def initialize(self, config=None):
        self.config = config or {}

    def get_config_schema(self):
        hidden = {"pin": {"writeOnly": True}, "word": {"format": "password"}, "deep": {"x-secret": True}}
        return {"type": "object", "properties": {**hidden, "mode": {"type": "string"}}}

    def fail(self):
        raise ValueError("refused: " + repr(self.config))
`;

describeWithPython('a jaato plugin', () => {
  it('is redacted only in settings that it declares secret', { tags: ['T24'] }, async () => {
    const settings = { pin: 'four-seven-one', word: 'sesame', deep: { list: ['deep-one'] }, mode: 'plain-word-1' };
    const app = await project(
      {
        'p.py': pluginText('p', { run: 'plugin.fail()' }, MORE).replace(
          '    return Plugin()',
          '    global plugin\n    plugin = Plugin()\n    return plugin',
        ),
      },
      {
        p: { path: './p.py', settings },
      },
    );
    const result = await app.call('run');
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining('refused: ')]);
    for (const secret of ['four-seven-one', 'sesame', 'deep-one']) expect(textOf(result)).not.toContain(secret);
    expect(textOf(result)).toContain('plain-word-1');
  });
});
