import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { openRaw } from '../../support/modern.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { openPage } from '../support/page.ts';

const MIB = 1024 * 1024;
/** An hour of ten calls a second. */
const CALLS = 36_000;
const WARM_UP = 6_000;
const TEXT = 'x'.repeat(8 * 1024);

/** Resident memory of a gateway, in bytes. */
function memoryOf({ process: { pid } }: Serving): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

// What every call carries comes to more than 250 MiB, which is far from what a collector leaves for later.
it.each([false, true])(
  'an hour of calls is not kept in memory, with the console open: %s',
  {
    tags: ['console-live-bounds'],
    timeout: 280_000,
  },
  async (isOpen) => {
    const file = writeConfig({}, ['plain']);
    const gateway = await serve(file);
    const client = await openRaw(gateway.at('ws'));
    const key = isOpen ? (await login(gateway, { code: makeCode(file) })).key : '';
    const page = isOpen ? await openPage(gateway, { key, want: ['calls', 'tally', 'log:gateway'] }) : undefined;
    const run = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at += 20) await Promise.all(Array.from({ length: 20 }, () => client.call('echo', { message: TEXT })));
    };
    expect(JSON.stringify(await client.call('echo', { message: TEXT }))).toContain(TEXT);
    await run(WARM_UP);
    const before = memoryOf(gateway);
    await run(CALLS);
    const grown = (memoryOf(gateway) - before) / MIB;
    console.log(`${CALLS} calls, console ${isOpen ? 'open' : 'unused'}: ${grown.toFixed(1)} MiB more`);
    expect(grown).toBeLessThan(100);
    if (!page) return;
    const seen = page.messages.reduce(
      (sum, message) => sum + (message.type === 'call' ? 1 : message.type === 'calls.skipped' ? message.n : 0),
      0,
    );
    expect(seen).toBeGreaterThan(CALLS / 2);
    expect(((await ask(gateway, '/calls?limit=500', { key })).body.items as object[]).length).toBe(500);
  },
);
