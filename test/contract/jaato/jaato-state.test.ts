import { expect, it } from 'vitest';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { BY, type TestApp, textOf } from '../../support/app.ts';
import { pluginText, project } from '../../support/jaato.ts';
import { until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';

// State that jaato plugins keep for their next process, and commands for the user only.

const STATE = `
    n = 0

    def count(self):
        self.n += 1
        return str(self.n)

    def get_persistence_state(self):
        return {"n": self.n, "odd": {1: float("nan")}}

    def restore_persistence_state(self, state):
        if state["n"] == 3:
            raise ValueError("not this one")
        self.n = state["n"]

    def initialize(self, config=None):
        self.get_executors = lambda: {"count": lambda args: self.count(), "look": lambda args: self.n, "die": lambda args: os._exit(1)}

    def get_user_commands(self):
        return [("count", "Counts", False), ("look", "Looks", False), ("die", "Ends", True)]
`;
const FILES = { 'p.py': pluginText('p', { count: '""', die: '""' }, STATE) };
/** The state is saved after a quiet period, which is shorter after a command. */
async function kept(app: TestApp): Promise<void> {
  await app.instance.registry
    .commands('p')
    .find((c) => c.name === 'look')
    ?.run('', app.newCall());
  await app.logged('the state was saved');
}
const count = (app: TestApp) => app.call('count').then(textOf);

describeWithPython('jaato plugins', () => {
  it('restore their state in their next process, but not after they were disabled', async () => {
    const app = await project(FILES, { p: { path: './p.py' } });
    expect([await count(app), await count(app)]).toEqual(['1', '2']);
    await kept(app);
    await app.reconfigure({ plugins: { p: { path: './p.py', settings: { changed: true } } } });
    await app.instance.registry.whenListed(20_000);
    expect(await count(app)).toBe('3');
    await app.instance.admin.setEnabled('p', false, BY);
    await app.instance.admin.setEnabled('p', true, BY);
    expect(await count(app)).toBe('1');
  });

  it('start even if their state cannot be restored', async () => {
    const app = await project(FILES, { p: { path: './p.py' } });
    for (const n of ['1', '2', '3']) expect(await count(app)).toBe(n);
    await kept(app);
    await app.call('die');
    await until('it serves again', async () => (await count(app)) === '1');
    await app.logged('restore_persistence_state failed: not this one');
  });

  it('offer user-only commands as prompts if configured, marked for the user', async () => {
    const names = async (more: object) => {
      const app = await project(FILES, { p: { path: './p.py', ...more } });
      return {
        app,
        names: [...app.instance.gateway.view(localCaller()).prompts.values()].filter((p) => p.plugin.id === 'p').map((p) => p.name),
      };
    };
    expect((await names({})).names).toEqual(['die']);
    const { app, names: all } = await names({ commandPrompts: 'all' });
    expect(all).toEqual(['count', 'look', 'die']);
    const { messages } = await app.instance.gateway.getPrompt('count', {}, app.newCall());
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: '1', annotations: { audience: ['user'] } } }]);
  });
});
