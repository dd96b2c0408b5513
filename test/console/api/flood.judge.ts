import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BIN, type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { openRaw } from '../../support/modern.ts';
import { until } from '../../support/processes.ts';
import { ask, login, makeCode, rawAsk } from '../support/console.ts';
import { openPage } from '../support/page.ts';

const MIB = 1024 * 1024;

/** Resident memory of a gateway, in bytes. */
function memoryOf({ process: { pid } }: Serving): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

it('a flood of the console is not kept in memory, and calls are answered all the while', {
  tags: ['console-live-bounds'],
  timeout: 240_000,
}, async () => {
  const file = writeConfig({}, []);
  const gateway = await serve(file, { bin: BIN });
  const { key } = await login(gateway, { code: makeCode(file) });
  const client = await openRaw(gateway.at('ws'));
  const { host } = new URL(gateway.url);
  const connect = () => new WebSocket(`ws://${host}/api/console/live`, 'plugmux.console.v1').on('error', () => undefined);
  const body = JSON.stringify({ x: 'x'.repeat(MIB) });
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'Content-Length': String(body.length) };

  const flood = async (rounds: number): Promise<number> => {
    let sent = 0;
    for (let round = 0; round < rounds; round++) {
      const sockets = Array.from({ length: 60 }, connect);
      await until('all are answered', () => sockets.every(({ readyState }) => readyState !== WebSocket.CONNECTING));
      for (const socket of sockets) {
        if (socket.readyState !== WebSocket.OPEN) continue;
        for (let n = 0; n < 8; n++) socket.send('x'.repeat(n % 2 === 0 ? 4_000 : MIB / 8));
        sent += 4 * (4_000 + MIB / 8);
      }
      const bodies = Array.from({ length: 20 }, () =>
        rawAsk(gateway, '/api/console/login', { method: 'POST', headers, body }).catch(() => undefined),
      );
      sent += 20 * body.length;
      expect(await client.call('nothing', {})).toHaveProperty('error');
      await Promise.all(bodies);
      for (const socket of sockets) socket.terminate();
      await until('they are gone', () => sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
    }
    return sent;
  };

  const page = await openPage(gateway, { key, want: ['calls', 'tally', 'log:gateway'] });
  // The first flood loads and compiles what the second one uses.
  await flood(3);
  const before = memoryOf(gateway);
  let highest = before;
  const watching = setInterval(() => {
    highest = Math.max(highest, memoryOf(gateway));
  }, 20);
  const sent = await flood(22);
  clearInterval(watching);
  console.log(`flood of ${Math.round(sent / MIB)} MiB: ${((highest - before) / MIB).toFixed(1)} MiB more`);
  expect(sent).toBeGreaterThan(850 * MIB);
  // About 30 MiB are measured, which depends on when memory is collected; keeping what was sent would need the whole.
  expect(highest - before).toBeLessThan(100 * MIB);
  expect((await ask(gateway, '/overview', { key })).status).toBe(200);
  expect(page.socket.readyState).toBe(WebSocket.OPEN);
});
