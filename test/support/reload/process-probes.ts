import { expect } from 'vitest';
import type { LimitName } from '../../../dist/src/config/limits.js';
import { isAlive, until } from '../processes.ts';
import { ends, HOUR, type Probe, seen, settled } from './probe.ts';
import type { Running } from './running.ts';

/** A plugin in its own process, and no other plugins. */
export const LIVE = { plugins: { live: { path: './live' } } };

/** Its functions: its process can report its pid, exit, block and print. */
export const LIVE_FILES = {
  'index.ts': `
    process.on('SIGTERM', () => undefined);
    export const handlers = {
      pid: () => String(process.pid),
      die: () => { console.error('the first of three'); console.error('the second of three'); console.error('the third of three'); process.exit(3); },
      spin: () => { setTimeout(() => { for (;;); }, 10); return String(process.pid); },
      print: () => { for (let i = 0; i < 50; i++) console.error('printed ' + i); return 'printed'; },
    };`,
};
export const LIVE_MANIFEST = {
  functions: ['pid', 'die', 'spin', 'print'].map((name) => ({ name, description: name, parameters: { type: 'object', properties: {} } })),
};

/** The pid of the plugin's process; 0 while no process responds. */
export const pidOf = async (gateway: Running): Promise<number> => Number(await gateway.call('live_pid')) || 0;

const started = async (gateway: Running): Promise<number> => {
  await until('the plugin answers', async () => (await pidOf(gateway)) > 0);
  return pidOf(gateway);
};
const crash = async (gateway: Running): Promise<void> => {
  await started(gateway);
  expect(await gateway.call('live_die')).toBe('PLUGIN_CRASHED');
};
/** Its process blocks from now on. */
const spin = async (gateway: Running): Promise<number> => {
  await started(gateway);
  return Number(await gateway.call('live_spin'));
};
/** Whether another process serves. */
const served = (gateway: Running, before: number) => async (): Promise<boolean> => ![0, before].includes(await pidOf(gateway));
const printed = (gateway: Running, from: number, part: string): number =>
  gateway.lines.slice(from).filter(({ message }) => message.includes(part)).length;

/** The limits of plugin processes. A limit that a process is started with takes effect in its replacement. */
export const PROCESS_PROBES: Partial<Record<LimitName, Probe>> = {
  startTimeoutMs: ends(
    200,
    async (gateway) => () => gateway.app.plugins().some(({ id, state }) => id === 'never' && ['failed', 'restarting'].includes(state)),
    { more: { plugins: { never: { path: './never' } } } },
  ),
  startCapMs: {
    ...ends(200, async () => () => true),
    async run(gateway, reload) {
      await reload();
      const limits = { startCapMs: 200 };
      const mute = { command: process.execPath, args: ['-e', 'setInterval(() => undefined, 1000)'] };
      await gateway.reload({ limits, mcpServers: { mute } });
      const error = (): string => gateway.app.plugins().find(({ id }) => id === 'mute')?.error?.message ?? '';
      await until('it is ended by the new limit', () => error().includes('did not respond within 0.2 s'));
    },
  },
  stopGraceMs: {
    ...ends(50, async () => () => true),
    limits: { pluginStopMs: 20, drainMs: 20 },
    more: LIVE,
    async run(gateway, reload) {
      const pid = await spin(gateway);
      await reload();
      expect(isAlive(pid)).toBe(true);
      await gateway.reload({ plugins: { live: { ...LIVE.plugins.live, enabled: false } } });
      await until('the process has ended at the new limit', () => !isAlive(pid));
    },
  },
  pluginStopMs: {
    ...ends(50, async () => () => true),
    more: LIVE,
    limits: { drainMs: 20, stopGraceMs: 50 },
    async run(gateway, reload) {
      // The process is asked to stop, but is blocked.
      const pid = await spin(gateway);
      await reload();
      await until('the process has ended at the new limit', () => !isAlive(pid));
    },
  },
  restartMinMs: ends(
    1,
    async (gateway) => {
      const before = await started(gateway);
      await crash(gateway);
      return served(gateway, before);
    },
    { limits: { restartMaxMs: HOUR, queueMs: 100 }, more: LIVE },
  ),
  restartMaxMs: ends(
    1,
    async (gateway) => {
      const before = await started(gateway);
      await crash(gateway);
      return served(gateway, before);
    },
    { limits: { restartMinMs: 1, circuitFailures: 1, queueMs: 100 }, more: LIVE },
  ),
  // While the circuit is open, no call waits for the next start.
  circuitFailures: {
    ...ends(1, async (gateway) => {
      await crash(gateway);
      return settled(gateway.call('live_pid'));
    }),
    from: 1_000,
    limits: { restartMinMs: HOUR, restartMaxMs: HOUR, queueMs: HOUR },
    more: LIVE,
  },
  circuitWindowMs: {
    from: 1,
    to: HOUR,
    limits: { circuitFailures: 2, restartMinMs: 1, restartMaxMs: HOUR, queueMs: HOUR },
    more: LIVE,
    async run(gateway, reload) {
      await reload();
      await crash(gateway);
      await crash(gateway);
      expect(await gateway.call('live_pid')).toBe('PLUGIN_UNAVAILABLE');
    },
  },
  unresponsiveMs: ends(
    200,
    async (gateway) => {
      const pid = await spin(gateway);
      return served(gateway, pid);
    },
    { limits: { hungMs: HOUR, callTimeoutMs: 500, restartMinMs: 1, queueMs: 100 }, more: LIVE },
  ),
  hungMs: ends(
    1_000,
    async (gateway) => {
      const pid = await spin(gateway);
      return () => !isAlive(pid);
    },
    { limits: { unresponsiveMs: 900 }, more: LIVE },
  ),
  stderrBytes: seen(
    65_536,
    1,
    [true, false],
    async (gateway) => {
      const from = gateway.lines.length;
      await crash(gateway);
      await until('the end is logged', () => printed(gateway, from, 'The plugin process ended') > 0);
      return gateway.lines.slice(from).some(({ message }) => /The plugin process ended.*the second of three/s.test(message));
    },
    { limits: { restartMinMs: 1, circuitFailures: 1_000 }, more: LIVE },
  ),
  stderrLinesPerSecond: seen(
    10_000,
    1,
    ['all', 'some'],
    async (gateway) => {
      const from = gateway.lines.length;
      expect(await gateway.call('live_print')).toBe('printed');
      // The last line, or the message about skipped lines.
      const over = () => printed(gateway, from, 'printed 49') + printed(gateway, from, 'lines of output were not logged') > 0;
      await until('it is over', async () => {
        if (!over() && gateway.app.limits.stderrLinesPerSecond === 1) await gateway.call('live_print');
        return over();
      });
      return printed(gateway, from, 'lines of output were not logged') > 0 ? 'some' : 'all';
    },
    { more: LIVE },
  ),
};

/** The parameters that a plugin process gets when it starts. */
export const STARTED_WITH: readonly LimitName[] = ['resultBytes', 'pluginStopMs', 'unresponsiveMs', 'hungMs'];
