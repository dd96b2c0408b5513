import { expect, it } from 'vitest';
import { scaiwave } from '../../../dist/adapters/scaiwave/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { status, tools, writeFiles } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

const HEAD = `from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginManifest, ToolDefinition
`;

/** A plugin whose database, opened in its constructor, is bound to the thread that opened it. */
const BOUND = `import signal, sqlite3
${HEAD}
signal.signal(signal.SIGUSR2, signal.SIG_IGN)

class Bound(BasePlugin):
    def __init__(self):
        self.db = sqlite3.connect(":memory:")
        self.db.execute("create table t (v)")
    @property
    def manifest(self):
        return PluginManifest("acme.bound", "Bound", "1.0.0", "", [ToolDefinition("add", "", {})])
    async def execute_tool(self, tool_name, args, ctx):
        self.db.execute("insert into t values (1)")
        return str(self.db.execute("select count(*) from t").fetchone()[0])
`;

const named = (className: string, id: string, more = '', manifest = ''): string => `
class ${className}(BasePlugin):
    @property
    def manifest(self):
        return PluginManifest(id="${id}", name="${className}", version="1.0.0", description="", tools=[ToolDefinition("${className.toLowerCase()}", "", {})]${manifest})
    async def execute_tool(self, tool_name, args, ctx):
        return tool_name
${more}
`;

async function open(files: Record<string, string>, plugins: object): Promise<TestApp> {
  const dir = tempFolder();
  writeFiles(dir, files);
  const app = await openApp([scaiwave], { plugins }, dir);
  await app.instance.registry.start();
  return app;
}
const messages = (app: TestApp, id: string) => status(app, id)?.problems.map(({ message }) => message);

describeWithPython('ScaiWave plugins', () => {
  it.each([
    ['a class', BOUND, {}],
    ['a class of a list', `${BOUND}\nBUILTIN_PLUGINS = [Bound]\n`, {}],
    ['an object of a list', `${BOUND}\nBUILTIN_PLUGINS = [Bound()]\n`, {}],
    ['an object for each session', BOUND, { instances: 'per-session' }],
  ])('use objects from their constructor in calls, as %s', { tags: ['scaiwave-thread'] }, async (_, text, more) => {
    const app = await open({ 'bound.py': text }, { bound: { path: './bound.py', ...more } });
    expect(status(app, 'bound')?.error).toBeUndefined();
    expect(textOf(await app.call('add'))).toBe('1');
    expect((await Promise.all([app.call('add'), app.call('add')])).map(textOf).sort()).toEqual(['2', '3']);
  });

  it('outside the list or with a duplicate id are not failures', { tags: ['scaiwave-told'] }, async () => {
    const builtin = 'tree/app/plugins/builtin';
    const app = await open(
      {
        [`${builtin}/__init__.py`]: `from .alpha import Alpha
from .beta import Beta, Twin, Loner
BUILTIN_PLUGINS = [c() for c in (Alpha, Beta, Twin, Loner) if c is not Loner]
`,
        [`${builtin}/alpha.py`]: HEAD + named('Alpha', 'acme.alpha', '', ', icon="star"'),
        [`${builtin}/beta.py`]: `${HEAD}EXTRA = ToolDefinition("extra", "", {}, colour="red")
${named('Beta', 'acme.beta')}
class Twin(Beta):
    pass
${named('Loner', 'acme.loner')}`,
      },
      { tree: { path: './tree' } },
    );
    expect(tools(app)).toEqual(['alpha', 'beta']);
    expect(app.instance.registry.plugins().filter(({ state }) => state !== 'ready')).toEqual([]);
    expect(messages(app, 'acme.alpha')).toEqual(["PluginManifest got the unknown keyword 'icon', which is ignored."]);
    expect(messages(app, 'acme.beta')).toEqual([
      'Two plugins have the id acme.beta: Twin of BUILTIN_PLUGINS is left out.',
      "ToolDefinition got the unknown keyword 'colour', which is ignored.",
    ]);
    expect(messages(app, 'acme.loner')).toEqual([expect.stringContaining('acme.loner is left out: it is not in the list BUILTIN_PLUGINS')]);
  });

  it('of another program with the same names are reported as such, with what they lack', { tags: ['scaiwave-told'] }, async () => {
    const app = await open(
      {
        'camera.py': 'from app.plugins.base import BasePlugin\nclass Camera(BasePlugin):\n    def process(self, frame): return []\n',
        'checkin.py': 'from app.plugins.base import BasePlugin, CheckinResult\nclass Checkin(BasePlugin):\n    pass\n',
        'deeper.py': 'from app.plugins.base import BasePlugin\nfrom app.services.mail import Mailer\nclass D(BasePlugin):\n    pass\n',
      },
      { camera: { path: './camera.py' }, checkin: { path: './checkin.py' }, deeper: { path: './deeper.py' } },
    );
    const error = (id: string) => status(app, id)?.error;
    expect(error('camera')?.message).toContain('Camera has no execute_tool, no manifest');
    expect(error('checkin')?.message).toContain('CheckinResult');
    expect(error('deeper')?.message).toContain('app.services');
    for (const id of ['camera', 'checkin', 'deeper']) expect(error(id)?.fix).toMatch(/another program .* not a ScaiWave plugin: .*"paths"/);
  });
});
