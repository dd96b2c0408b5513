import { batch, computed, signal } from '@preact/signals';
import type { LiveMessage } from '../../api/live-types.ts';
import type { Waiting } from '../../api/tool-types.ts';
import type { CallLine, Card, Client, Overview, TallySlot } from '../../api/types.ts';
import { ask, Refusal } from '../api.ts';
import { adjustClock, now } from './clock.ts';
import type { Gap } from './tally.ts';

/** What the page knows: one snapshot, and the messages of the live channel on top of it. */

const ROWS = 500;
const SECONDS = 600;
const MINUTES = 1440;

export const overview = signal<Overview | undefined>(undefined);
/** When the snapshot was taken, and why a newer one could not be had. */
export const loadedAt = signal(0);
export const overviewError = signal<Refusal | undefined>(undefined);

export const calls = signal<readonly CallLine[]>([]);
/** Calls that the gateways of this page have had so far, those that were not sent here included. */
export const callsSeen = signal(0);
/** Counts up when calls were left out of the live channel because too many came at once. */
export const leftOut = signal(0);
export const waiting = signal<readonly Waiting[] | undefined>(undefined);
/** What became of entries that went while they were shown. */
export const gone = signal<readonly { readonly entry: Waiting; readonly why: string }[]>([]);
export const seconds = signal<readonly TallySlot[]>([]);
export const minutes = signal<readonly TallySlot[]>([]);
/** Times without a connection, in which seconds were not counted here. */
export const gaps = signal<readonly Gap[]>([]);
/** Counts up when lists of tools, or everything, must be fetched again. */
export const toolsChanged = signal(0);
export const changesChanged = signal(0);
export const resyncs = signal(0);

export const plugins = computed(() => overview.value?.plugins ?? []);
export const clients = computed(() => overview.value?.clients ?? []);
export const mayChange = computed(() => overview.value?.me.scopes.includes('admin') ?? false);
export const approvals = computed(() => waiting.value?.length ?? overview.value?.approvals ?? 0);

export async function loadOverview(): Promise<void> {
  try {
    const next = await ask<Overview>('GET', 'overview');
    batch(() => {
      adjustClock(next.now);
      overview.value = next;
      overviewError.value = undefined;
      loadedAt.value = Date.now();
      noteRun(next.started);
      seconds.value = next.tally.seconds;
      minutes.value = next.tally.minutes;
    });
  } catch (error) {
    if (error instanceof Refusal) overviewError.value = error;
    else throw error;
  }
}

/** Everything anew, after a gap of the live channel. */
export async function resync(): Promise<void> {
  await loadOverview();
  batch(() => {
    calls.value = [];
    waiting.value = undefined;
    resyncs.value++;
  });
}

function change(part: Partial<Overview>): void {
  if (overview.value) overview.value = { ...overview.value, ...part };
}

const without = <T extends { readonly id: string }>(list: readonly T[], id: string): readonly T[] => list.filter((item) => item.id !== id);

/** A list with one item replaced in its place, or added at the end. */
function put<T extends { readonly id: string }>(list: readonly T[], item: T): readonly T[] {
  const at = list.findIndex(({ id }) => id === item.id);
  return at < 0 ? [...list, item] : list.with(at, item);
}

/** Numbers begin anew when the gateway starts, so they do not identify a call alone. */
export const callId = ({ time, seq }: Pick<CallLine, 'time' | 'seq'>): string => `${time} ${seq}`;

const freshOf = (known: readonly CallLine[], more: readonly CallLine[]): readonly CallLine[] => {
  const ids = new Set(known.map(callId));
  return more.filter((call) => !ids.has(callId(call)));
};

/** Newest first, each once. */
export function mergeCalls(known: readonly CallLine[], more: readonly CallLine[]): readonly CallLine[] {
  const fresh = freshOf(known, more);
  return fresh.length === 0 ? known : [...fresh, ...known].sort((a, b) => b.time - a.time || b.seq - a.seq);
}

export function addCalls(more: readonly CallLine[]): void {
  const all = mergeCalls(calls.value, more);
  if (all !== calls.value) calls.value = all.slice(0, ROWS);
}

/** Calls are numbered from 1 by each run of the gateway, so the number of the latest one counts also those that were not sent. */
const run = { started: 0, before: 0, last: 0 };

function noteRun(started: number): void {
  if (started === run.started) return;
  Object.assign(run, { started, before: callsSeen.value, last: 0 });
}

export function noteLast(seq: number): void {
  run.last = Math.max(run.last, seq);
  callsSeen.value = run.before + run.last;
}

function addSecond(second: TallySlot): void {
  // The snapshot may have a part of it.
  const part = seconds.value.find(({ at }) => at === second.at);
  seconds.value = [...seconds.value.filter((each) => each !== part && each.at > now() - SECONDS * 1000), second];
  const at = Math.floor(second.at / 60_000) * 60_000;
  const last = minutes.value.at(-1);
  const into: TallySlot = last?.at === at ? last : { at, calls: 0, failed: 0, ms: [] };
  const sum = {
    at,
    calls: into.calls + second.calls - (part?.calls ?? 0),
    failed: into.failed + second.failed - (part?.failed ?? 0),
    ms: second.ms.map((n, i) => n + (into.ms[i] ?? 0) - (part?.ms[i] ?? 0)),
  };
  minutes.value = [...(into === last ? minutes.value.slice(0, -1) : minutes.value), sum].slice(-MINUTES);
}

export function receive(messages: readonly LiveMessage[]): void {
  batch(() => {
    const lines = messages.flatMap((message) => (message.type === 'call' ? [message.call] : []));
    addCalls(lines);
    for (const message of messages) apply(message);
    const failures = overview.value?.failedCalls ?? [];
    const failed = freshOf(failures, lines).filter(({ outcome }) => outcome !== 'ok');
    if (failed.length > 0) change({ failedCalls: [...failed.reverse(), ...failures].slice(0, 10) });
  });
}

function apply(message: LiveMessage): void {
  switch (message.type) {
    case 'plugin':
      return change({ plugins: put<Card>(plugins.value, message.card) });
    case 'plugin.gone':
      return change({ plugins: without(plugins.value, message.id) });
    case 'tools':
      toolsChanged.value++;
      return;
    case 'call':
      return noteLast(message.call.seq);
    case 'calls.skipped':
      callsSeen.value += message.n;
      leftOut.value++;
      return;
    case 'tally':
      return addSecond(message.second);
    case 'approval':
      waiting.value = put(waiting.value ?? [], message.entry);
      return;
    case 'approval.gone':
      return leave(message.id, message.why);
    case 'client':
      return change({ clients: put<Client>(clients.value, message.client) });
    case 'client.gone':
      return change({ clients: without(clients.value, message.id) });
    case 'change':
      changesChanged.value++;
      return change({ changes: message.n });
    case 'warning':
      if (overview.value) change({ config: { ...overview.value.config, warnings: [...overview.value.config.warnings, message.text] } });
  }
}

function leave(id: string, why: string): void {
  const entry = waiting.value?.find((one) => one.id === id);
  if (!entry) return;
  waiting.value = without(waiting.value ?? [], id);
  gone.value = [...gone.value, { entry, why }].slice(-10);
}
