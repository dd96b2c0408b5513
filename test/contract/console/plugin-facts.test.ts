import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { usageOf } from '../../../dist/src/gateway/stats/process-usage.js';
import { BY, openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

const FILES = { 'index.ts': 'export const handlers = { run: () => "done", fail: () => { throw new Error("broken"); } };' };
const functions = ['run', 'fail'].map((name) => ({ name, description: name, parameters: { type: 'object', properties: {} } }));
const SERVER = join(import.meta.dirname, '../../fixtures/era-server.mjs');

async function open(): Promise<TestApp> {
  const dir = tempFolder();
  writePlugin(dir, 'dice', FILES, { functions });
  writeFileSync(join(dir, 'era'), 'legacy');
  const app = await openApp(
    [talos, mcp],
    { plugins: { dice: { path: './dice' } }, mcpServers: { other: { command: process.execPath, args: [SERVER, join(dir, 'era')] } } },
    dir,
  );
  await app.instance.registry.start();
  return app;
}

const statusOf = (app: TestApp, id: string) => app.instance.plugins().find((plugin) => plugin.id === id);

describe('the facts of a plugin', () => {
  it('name its process, when it started and how often it was restarted', { tags: ['plugin-facts'] }, async () => {
    const app = await open();
    const { run, since } = statusOf(app, 'dice') ?? {};
    expect(run).toEqual({
      pid: expect.any(Number),
      since: expect.any(Number),
      restarts: 0,
      isolation: 'process',
      group: expect.any(String),
    });
    expect(since).toBeGreaterThan(Date.now() - 60_000);
    expect(statusOf(app, 'other')?.run).toMatchObject({ pid: expect.any(Number), restarts: 0, isolation: 'program' });
    expect(usageOf(run?.pid as number)).toEqual({ rss: expect.any(Number), cpuMs: expect.any(Number) });
    expect(usageOf(run?.pid as number)?.rss).toBeGreaterThan(1_000_000);

    process.kill(run?.pid as number, 'SIGKILL');
    await until('the plugin is restarting', () => statusOf(app, 'dice')?.state === 'restarting');
    expect(statusOf(app, 'dice')?.run?.nextTry).toBeGreaterThan(Date.now() - 1_000);
    expect(statusOf(app, 'dice')?.run).not.toHaveProperty('pid');
    await until('the plugin is ready again', () => statusOf(app, 'dice')?.state === 'ready');
    const after = statusOf(app, 'dice');
    expect(after?.run).toMatchObject({ restarts: 1, isolation: 'process' });
    expect(after?.run?.pid).not.toBe(run?.pid);
    expect(after?.since).toBeGreaterThan(since as number);
    expect(usageOf(run?.pid as number)).toBeUndefined();
  });

  it('say who switched it off, and a restart replaces its process', { tags: ['plugin-facts'] }, async () => {
    const app = await open();
    const before = statusOf(app, 'dice')?.run?.pid;
    await app.instance.admin.restart('dice', BY);
    expect(statusOf(app, 'dice')).toMatchObject({ state: 'ready', run: { pid: expect.any(Number) } });
    expect(statusOf(app, 'dice')?.run?.pid).not.toBe(before);
    expect(app.instance.admin.disabledBy('dice')).toBeUndefined();
    await app.instance.admin.setEnabled('dice', false, BY);
    expect(app.instance.admin.disabledBy('dice')).toBe('administrator');
    await app.reconfigure({ plugins: { dice: { path: './dice', enabled: false } } });
    expect(app.instance.admin.disabledBy('dice')).toBe('mcp.json');
  });

  it('count its calls, and the latest ones are kept', { tags: ['calls-counted'] }, async () => {
    const app = await open();
    const { stats } = app.instance.gateway;
    const heard: unknown[] = [];
    stats.onCall((read) => heard.push(read()?.tool));
    await app.call('dice_run', { secret: 'planted-argument' });
    stats.onCall(undefined);
    await app.call('dice_fail');
    await app.call('dice_nothing').catch(() => undefined);
    expect(heard).toEqual(['dice_run']);
    const calls = stats.recent.list(() => true, Number.POSITIVE_INFINITY, 10);
    expect(calls.map(({ plugin, tool, outcome, ref }) => [plugin, tool, outcome, ref !== undefined])).toEqual([
      ['', 'dice_nothing', 'refused', true],
      ['dice', 'dice_fail', 'error', expect.any(Boolean)],
      ['dice', 'dice_run', 'ok', false],
    ]);
    expect(JSON.stringify(calls)).not.toContain('planted-argument');
    expect(stats.tally.calls('dice', 'dice_run')).toBe(1);
    expect(stats.tally.hour('dice', Date.now())).toMatchObject({ calls: 2, failed: 1 });
  });
});
