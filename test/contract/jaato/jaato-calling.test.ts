import { expect, it } from 'vitest';
import { textOf } from '../../support/app.ts';
import { pluginText, project, status } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';

// jaato tools written in other ways than documented.

const PLUGIN = `import functools


def spread(function):
    @functools.wraps(function)
    def inner(args):
        return function(**args)
    return inner


def in_method(function):
    @functools.wraps(function)
    def inner(self, args):
        return function(self, **args)
    return inner


def logged(function):
    @functools.wraps(function)
    def inner(*given, **named):
        return function(*given, **named)
    return inner


class Plugin:
    name = "p"

    def get_tool_schemas(self):
        both = {"type": "object", "properties": {"left": {"type": "integer"}, "right": {"type": "integer"}}}
        return [{"name": name, "description": name, "parameters": both} for name in self.get_executors()]

    def get_executors(self):
        return {
            "spread": self._spread,
            "handed_on": self._handed_on,
            "both": logged(spread(lambda left, right: [left, right])),
            "cached": functools.lru_cache(lambda left, right: [left, right]),
            "rest": self._rest,
            "whatever": lambda **named: sorted(named.values()),
            "partial": functools.partial(lambda first, args: [first, args["right"]], 1),
        }

    @in_method
    def _spread(self, left, right):
        return [left, right]

    @logged
    def _handed_on(self, left, right):
        return [left, right]

    def _rest(self, *, left, **rest):
        return [left, rest["right"]]


def create_plugin():
    return Plugin()
`;

describeWithPython('tools of jaato plugins', () => {
  it.each(['spread', 'handed_on', 'both', 'cached', 'rest', 'whatever', 'partial'])(
    'call executors with arguments that they accept: %s',
    async (tool) => {
      const app = await project({ 'p.py': PLUGIN }, { p: { path: './p.py' } });
      expect(textOf(await app.call(tool, { left: 1, right: 2 }))).toBe('{"result":[1,2]}');
    },
  );

  it('can mix both spellings in one schema', async () => {
    const text = `from google.genai import types

class Plugin:
    name = "p"

    def get_function_declarations(self):
        return [types.FunctionDeclaration(name="t", description="", parameters={
            "type": "object",
            "properties": {
                "plain": {"type": "string", "nullable": True},
                "upper": {"type": "STRING"},
                "object": types.Schema(type=types.Type("string")),
                "nullable": {"type": ["integer", "null"]},
                "deep": {"type": "array", "items": {"any_of": [{"type": "string"}, {"type": "INTEGER"}]}},
                "free": True,
            },
        })]

    def get_executors(self):
        return {"t": lambda args: args}


def create_plugin():
    return Plugin()
`;
    const app = await project({ 'p.py': text }, { p: { path: './p.py' } });
    expect(app.instance.registry.catalogue().tools.get('t')?.tool.input).toEqual({
      type: 'object',
      properties: {
        plain: { type: ['string', 'null'] },
        upper: { type: 'string' },
        object: { type: 'string' },
        nullable: { type: ['integer', 'null'] },
        deep: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
        free: true,
      },
    });
    expect((await app.call('t', { plain: null })).structured).toEqual({ plain: null });
  });

  it('treat error fields of objects like those of dicts', async () => {
    const head = `import dataclasses


@dataclasses.dataclass
class Said:
    success: bool = True
    error: str = None
    result: str = None


`;
    const tools = {
      done: 'Said(result="r")',
      refused: 'Said(False)',
      wrong: 'Said(error="no such file")',
      beside: 'Said(error="e", result="r")',
    };
    const app = await project({ 'p.py': head + pluginText('p', tools) }, { p: { path: './p.py' } });
    const failed = Object.keys(tools).map(async (tool) => (await app.call(tool)).isError === true);
    expect(await Promise.all(failed)).toEqual([false, true, true, false]);
    expect((await app.call('wrong')).structured).toEqual({ success: true, error: 'no such file', result: null });
  });

  it('are served if the entry names the format, even if the text does not show it', async () => {
    const hidden = (text: string) =>
      `try:\n    from nowhere import create_plugin\nexcept ImportError:\n${text.replaceAll(/^(?=.)/gm, '    ')}`;
    const files = {
      'p.py': hidden(pluginText('p', { t: '"hidden"' })),
      'pack/__init__.py': hidden(pluginText('q', { u: '"inner"' })),
      'n.py': '',
    };
    const format = 'jaato';
    const plugins = { p: { format, path: './p.py' }, q: { format, path: './pack' }, n: { format, path: './n.py' } };
    const app = await project(files, plugins);
    expect([textOf(await app.call('t')), textOf(await app.call('u'))]).toEqual(['hidden', 'inner']);
    expect(status(app, 'n')?.error?.message).toContain('has no create_plugin()');
  });

  it('share modules of files that import each other', async () => {
    const files = {
      'all/a.py': `import b\n${pluginText('a', { put: 'b.KEPT.append(1) or "put"' })}`,
      'all/b.py': `KEPT = []\nprint("imported")\n${pluginText('b', { count: 'len(KEPT)' })}`,
    };
    const app = await project(files, { all: { path: './all', allow: ['a', 'b'] } });
    await app.call('put');
    expect(textOf(await app.call('count'))).toBe('{"result":1}');
    expect(app.lines.filter(({ message }) => message === 'imported')).toHaveLength(1);
  });
});
