import { describe, expect, it } from 'vitest';
import { LIMITS, type LimitName } from '../../dist/src/config/limits.js';
import { until } from '../support/processes.ts';
import { EDGE_PROBES } from '../support/reload/edge-probes.ts';
import { GATEWAY_PROBES } from '../support/reload/gateway-probes.ts';
import type { Probe } from '../support/reload/probe.ts';
import { LIVE, PROCESS_PROBES, pidOf, STARTED_WITH } from '../support/reload/process-probes.ts';
import { startRunning } from '../support/reload/running.ts';

// Every limit is changed in the file of a running gateway, and checked by its effect after the log line.

const PROBES = new Map(Object.entries({ ...EDGE_PROBES, ...GATEWAY_PROBES, ...PROCESS_PROBES }) as [LimitName, Probe][]);
const NAMES = Object.keys(LIMITS) as LimitName[];

it('every limit has a probe', { tags: ['reload-limits'] }, () => {
  expect(NAMES.filter((name) => !PROBES.has(name))).toEqual([]);
});

describe('a changed limit takes effect after the log line that names it', () => {
  it.each([...PROBES])('%s', { tags: ['reload-limits', 'reload-told'] }, async (name, { from, to, limits, more, host, run }) => {
    const config = (value: number) => ({ ...more, limits: { ...limits, [name]: value } });
    const gateway = await startRunning(config(from), host);
    await run(gateway, async (back) => {
      expect(await gateway.reload(config(back ? from : to))).toContain(`changed: limits.${name}`);
    });
  });
});

describe('a changed limit replaces a plugin process', () => {
  const all = Object.fromEntries(NAMES.map((name) => [name, LIMITS[name].value]));
  // Values that leave room for limits set against each other, and for the names and schemas of the plugin.
  const changed = (name: LimitName) => ({ [name]: LIMITS[name].value * 2 });

  it('only if it was started with it', { tags: ['reload-limits'] }, async () => {
    const gateway = await startRunning({ ...LIVE, limits: all });
    const pid = await pidOf(gateway);
    expect(pid).toBeGreaterThan(0);
    let limits = { ...all, ...Object.assign({}, ...NAMES.filter((name) => !STARTED_WITH.includes(name)).map(changed)) };
    await gateway.reload({ ...LIVE, limits });
    await gateway.reload({ ...LIVE, limits, profiles: { other: {} } });
    expect(await pidOf(gateway)).toBe(pid);
    let last = pid;
    for (const name of [...STARTED_WITH].reverse()) {
      limits = { ...limits, ...changed(name) };
      expect(await gateway.reload({ ...LIVE, limits })).toContain(`limits.${name}`);
      await until(`another process serves after ${name}`, async () => ![0, last].includes(await pidOf(gateway)));
      last = await pidOf(gateway);
    }
  });
});
