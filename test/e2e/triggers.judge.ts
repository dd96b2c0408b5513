import { execFileSync, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client as ClientV2 } from '@modelcontextprotocol/client';
import type Database from 'libsql';
import { expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

const CHILD = fileURLToPath(new URL('../fixtures/event-child.mjs', import.meta.url));
const AGENDA = fileURLToPath(new URL('../../plugins/agenda', import.meta.url));
const Libsql = createRequire(import.meta.url)('libsql') as typeof Database;
const KILLS = 60;

interface Stored {
  readonly data: number;
  readonly eventId: string;
}

interface Found {
  readonly events: readonly Stored[];
  readonly emitted: readonly Stored[];
  readonly state: object;
}

/** Kills a process that looks at a trigger; returns the last number that it reported as stored. */
async function killOne(dir: string, from: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, dir, 'same owner', String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  await sleep(Math.random() * 60);
  child.kill('SIGKILL');
  await ended;
  return Number(out.trimEnd().split('\n').at(-1) ?? 0);
}

it('loses no event and stores none twice if it is killed at any moment', { tags: ['trigger-once'] }, async () => {
  const dir = tempFolder();
  for (let kill = 0; kill < KILLS; kill++) {
    const reported = await killOne(dir, Date.now() + kill * 3_600_000);
    const { events, emitted, state } = JSON.parse(execFileSync(process.execPath, [CHILD, dir, 'read'], { encoding: 'utf8' })) as Found;
    const count = events.length;
    expect(count).toBeGreaterThanOrEqual(reported);
    expect(state).toEqual({ n: count });
    expect(events.map(({ data }) => data)).toEqual(events.map((_, i) => i + 1));
    expect(new Set([...events, ...emitted].map(({ eventId }) => eventId)).size).toBe(count + emitted.length);
    // An emission is stored after the look; the last one may be missing.
    expect(emitted.length).toBeGreaterThanOrEqual(count - kill - 1);
  }
  const db = new Libsql(join(dir, 'state.db'));
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  db.close();
});

it('tells a client once that an item of the plugin "agenda" is due, also after a kill', { tags: ['trigger-resource'] }, async () => {
  const dir = tempFolder();
  cpSync(AGENDA, join(dir, 'agenda'), { recursive: true });
  const file = writeConfig({ plugins: { agenda: { path: './agenda' } } }, [], dir);
  const address = 'trigger://agenda/item_due';
  const watch = async (url: string) => {
    const client = await connect('v2 legacy', { url });
    const raw = client.raw as ClientV2;
    let updates = 0;
    raw.setNotificationHandler('notifications/resources/updated', () => void updates++);
    const read = async () => {
      const { contents } = (await raw.readResource({ uri: address })) as { contents: { text: string }[] };
      return JSON.parse(contents[0]?.text ?? '') as { eventId: string; summary: string }[];
    };
    return { client, raw, read, updates: () => updates };
  };
  const first = await serve(file, { bin: BIN });
  const one = await watch(first.url);
  await one.client.call('agenda_add', { title: 'Call the dentist', due: '2020-01-01T09:00Z' });
  await one.raw.subscribeResource({ uri: address });
  await until('the client is told', () => one.updates() === 1, 20_000);
  const events = await one.read();
  expect(events).toMatchObject([{ summary: 'Due: Call the dentist' }]);
  await first.stop('SIGKILL');
  // The next look is due at once, since the plugin's interval has passed.
  const db = new Libsql(join(dir, '.plugmux/state.db'));
  db.exec('UPDATE trigger_state SET next_at = 0, lease_until = 0');
  db.close();
  const second = await serve(file, { bin: BIN });
  const two = await watch(second.url);
  await two.raw.subscribeResource({ uri: address });
  await sleep(8_000);
  expect(await two.read()).toEqual(events);
  expect(two.updates()).toBe(0);
});
