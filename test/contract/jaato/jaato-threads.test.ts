import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { openJaato, project, status, tools, writeFiles } from '../../support/jaato.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

/** A plugin whose database, opened where `opened` says, is bound to the thread that opened it. */
function bound(generation: 'S' | 'M', opened: '__init__' | 'initialize'): string {
  const declared = generation === 'S' ? 'get_function_declarations' : 'get_tool_schemas';
  const open = 'self.db = sqlite3.connect(":memory:"); self.db.execute("create table t (v)")';
  return `import asyncio, signal, sqlite3, threading, time

class P:
    name = "p"
    def __init__(self):
        ${opened === '__init__' ? open : 'pass'}
    def initialize(self, config=None):
        ${opened === 'initialize' ? open : 'pass'}
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        self.loop = asyncio.get_event_loop()
        self.home = threading.get_ident()
    def shutdown(self):
        self.db.close()
        print("closed its database")
    def ${declared}(self):
        self.db.execute("select count(*) from t")
        return [{"name": n, "description": n} for n in ("add", "rows", "wait", "where", "later")]
    def get_executors(self):
        return {
            "add": lambda a: self.db.execute("insert into t values (?)", [a["v"]]).rowcount,
            "rows": lambda a: {"rows": [v for (v,) in self.db.execute("select v from t order by v")]},
            "wait": lambda a: (time.sleep(a["s"]), a["v"])[1],
            "where": lambda a: threading.get_ident() == self.home,
            "later": self.later,
        }
    async def later(self, a):
        await asyncio.sleep(a["s"])
        return a["v"]

def create_plugin():
    return P()
`;
}

/** A plugin whose next description waits for the file "go" once the file "slow" exists; "described" reports it. */
function slowToDescribe(generation: 'S' | 'M' | 'T'): string {
  const declared = generation === 'S' ? 'get_function_declarations' : 'get_tool_schemas';
  return `import os, threading, time

class P:
    name = "p"
    def initialize(self, config=None):
        self.home = threading.get_ident()
    ${generation === 'T' ? 'def reset_for_next_session(self): pass' : ''}
    def ${declared}(self):
        if os.path.exists("slow"):
            open("described", "w").close()
            while not os.path.exists("go"): time.sleep(0.01)
        return [{"name": n, "description": n} for n in self.get_executors()]
    def get_executors(self):
        return {
            "echo": lambda a: f"{a['v']} {threading.get_ident() == self.home}",
            "write": lambda a: open(a["v"], "w").close(),
        }
    def get_user_commands(self):
        return [("write", "d", True)]
    def get_command_completions(self, command, args):
        return [(str(threading.get_ident() == self.home), "")]

def create_plugin():
    return P()
`;
}

const rows = async (app: TestApp) => (await app.call('rows')).structured;
const add = (app: TestApp, v: number) => app.call('add', { v }).then(textOf);

describeWithPython('jaato plugins', () => {
  it.each([
    ['S', '__init__'],
    ['S', 'initialize'],
    ['M', '__init__'],
    ['M', 'initialize'],
  ] as const)('of generation %s use in calls what they opened in %s', { tags: ['jaato-threads'] }, async (generation, opened) => {
    const app = await project({ 'p.py': bound(generation, opened) }, { p: { path: './p.py' } });
    expect(status(app, 'p')?.error).toBeUndefined();
    for (const v of [1, 2, 3]) expect(await add(app, v)).toBe('{"result":1}');
    // A long call moves the reading to another thread; the next call runs on the plugin's own thread again.
    expect(textOf(await app.call('wait', { s: 0.05, v: 'slow' }))).toBe('slow');
    expect(await add(app, 4)).toBe('{"result":1}');
    expect(await rows(app)).toEqual({ rows: [1, 2, 3, 4] });
    await app.close();
    expect(app.lines.map(({ message }) => message)).toContain('closed its database');
  });

  it('of the first generation use one thread, in order, and every call gets its own result', {
    tags: ['jaato-threads'],
  }, async () => {
    const app = await project({ 'p.py': bound('S', 'initialize') }, { p: { path: './p.py', limits: { callsPerPlugin: 4 } } });
    const answers = await Promise.all(
      [...Array(40).keys()].map(async (v) => {
        const tool = (['wait', 'later', 'where', 'add'] as const)[v % 4] as string;
        const text = textOf(await app.call(tool, { s: 0.002, v: `n${v}` }));
        return [tool, text, v];
      }),
    );
    for (const [tool, text, v] of answers)
      expect(text).toBe(tool === 'add' ? '{"result":1}' : tool === 'where' ? '{"result":true}' : `n${v}`);
  });

  it('of later generations run concurrently, and on their own thread if it is free', { tags: ['jaato-threads'] }, async () => {
    const app = await project({ 'p.py': bound('M', 'initialize') }, { p: { path: './p.py' } });
    const order: string[] = [];
    const first = app.call('wait', { s: 1, v: 'first' }).then(() => order.push('first'));
    await until('the first one is running', async () => textOf(await app.call('where')) === '{"result":false}');
    const beside = await Promise.all([...Array(5).keys()].map(async (v) => textOf(await app.call('wait', { s: 0.01, v: `n${v}` }))));
    order.push('beside');
    await first;
    expect(beside).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    expect(order).toEqual(['beside', 'first']);
    expect(textOf(await app.call('where'))).toBe('{"result":true}');
  });

  it('run the next call on their own thread after a call that ends in the loop', { tags: ['jaato-threads'] }, async () => {
    const app = await project({ 'p.py': bound('M', 'initialize') }, { p: { path: './p.py', limits: { callsPerPlugin: 1 } } });
    const calls = [app.call('later', { s: 0.1, v: 'later' }), app.call('add', { v: 1 }), app.call('where')];
    expect((await Promise.all(calls)).map(textOf)).toEqual(['later', '{"result":1}', '{"result":true}']);
  });

  it("create each session's object on the thread that uses it", { tags: ['jaato-threads'] }, async () => {
    const app = await project({ 'p.py': bound('M', '__init__') }, { p: { path: './p.py', instances: 'per-session' } });
    const busy = app.call('wait', { s: 0.3, v: 'busy' });
    expect(textOf(await busy)).toBe('busy');
    expect(await add(app, 1)).toBe('{"result":1}');
  });

  const described = async (app: TestApp) => {
    await app.call('write', { v: 'slow' });
    await until('it is described again', () => existsSync(join(app.dir, 'described')));
  };

  it.each(['M', 'T'] as const)(
    'of generation %s run calls on other threads during a long description, and each gets one reply',
    { tags: ['jaato-threads'] },
    async (generation) => {
      const app = await project({ 'p.py': slowToDescribe(generation) }, { p: { path: './p.py' } });
      await described(app);
      const values = [...Array(20).keys()].map((v) => `n${v}`);
      const answers = await Promise.all(values.map(async (v) => textOf(await app.call('echo', { v }))));
      expect(answers).toEqual(values.map((v) => `${v} False`));
      expect(await app.instance.registry.catalogue().prompts.get('write')?.prompt.complete?.('args', '', {})).toEqual(['False']);
      await app.call('write', { v: 'go' });
      await until('its own thread is free', async () => textOf(await app.call('echo', { v: 'x' })) === 'x True');
    },
  );

  it('get no further requests during a long description', { tags: ['jaato-threads'] }, async () => {
    const app = await project({ 'p.py': slowToDescribe('M') }, { p: { path: './p.py' } });
    await described(app);
    for (let round = 0; round < 4; round++) {
      expect(textOf(await app.call('echo', { v: 'x' }))).toBe('x False');
      await app.instance.registry.refresh(app.newCall());
    }
    await app.close();
    expect(app.lines.filter(({ message }) => message.includes('describing plugin "p" again failed'))).toHaveLength(2);
  });

  it('of the first generation keep calls waiting while they are described', { tags: ['jaato-threads'] }, async () => {
    const app = await project({ 'p.py': slowToDescribe('S') }, { p: { path: './p.py' } });
    await described(app);
    const answer = app.call('echo', { v: 'x' }).then(textOf);
    await sleep(1_000);
    writeFiles(app.dir, { go: '' });
    expect(await answer).toBe('x True');
  });

  const sibling = (name: string, init: string): string => `import os, time

class P:
    name = "${name}"
    def initialize(self, config=None):
        ${init}
    def get_tool_schemas(self):
        return [{"name": "${name}_tool", "description": "x"}]
    def get_executors(self):
        return {"${name}_tool": lambda a: os.getpid()}

def create_plugin():
    return P()
`;
  const both = { both: { format: 'jaato', path: './both', allow: ['slow', 'quick'] } };

  it('serve before a slow sibling is ready', { tags: ['jaato-siblings'] }, async () => {
    const dir = tempFolder();
    writeFiles(dir, {
      'both/slow.py': sibling(
        'slow',
        'deadline = time.monotonic() + 20\n        while not os.path.exists("go") and time.monotonic() < deadline: time.sleep(0.02)',
      ),
      'both/quick.py': sibling('quick', 'pass'),
    });
    const app = await openApp([jaato], { plugins: both }, dir);
    // The first list does not wait for it and contains the ready plugins.
    await app.instance.registry.whenListed(20_000, 'first');
    expect(tools(app)).toEqual(['quick_tool']);
    const pid = textOf(await app.call('quick_tool'));
    expect(pid).toMatch(/result/);
    expect(status(app, 'slow')?.state).toBe('opening');
    writeFiles(dir, { go: '' });
    await until('the slow one is ready', () => tools(app).includes('slow_tool'));
    // In the same process.
    expect(textOf(await app.call('slow_tool'))).toBe(pid);
    expect(textOf(await app.call('quick_tool'))).toBe(pid);
  });

  it('work although a sibling never finishes its start, or ends the process', { tags: ['jaato-siblings'] }, async () => {
    for (const [init, code] of [
      ['time.sleep(60)', 'LOAD_TIMEOUT'],
      ['os._exit(3)', 'PLUGIN_FAILED'],
    ] as const) {
      const files = { 'both/slow.py': sibling('slow', init), 'both/quick.py': sibling('quick', 'time.sleep(0.2)') };
      const entry = { both: { ...both.both, limits: { startTimeoutMs: 1_500 } } };
      const dir = tempFolder();
      writeFiles(dir, files);
      const app = await openJaato(entry, dir);
      await until('it has failed', () => status(app, 'slow')?.state === 'failed');
      expect(status(app, 'slow')?.error?.code).toBe(code);
      await until('the other one is listed', () => tools(app).includes('quick_tool'));
      expect((await app.call('quick_tool')).isError).toBeFalsy();
      await app.close();
    }
  });
});
