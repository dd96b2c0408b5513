import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LiveMessage, PageMessage } from '../api/live-types.ts';
import type { JsonMap } from '../api/types.ts';
import { forget, key, liveAddress } from './api.ts';
import { now } from './data/clock.ts';
import { gaps, overview, receive, resync } from './data/store.ts';

/** The live channel: one socket, topics, reconnect. Requests over HTTP work without it. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** How often the gateway is told that the page is used. */
const USED_EVERY = 60_000;

export type Connection = { readonly state: 'connecting' | 'live' } | { readonly state: 'offline'; readonly since: number };
export const connection = signal<Connection>({ state: 'connecting' });

let socket: WebSocket | undefined;
let wait = FIRST_WAIT;
let timer: number | undefined;
let wasLive = false;
let lastUsed = 0;
const topics = new Map<string, number>();
const listeners = new Set<(message: LiveMessage) => void>();

const notices = (): boolean => 'Notification' in window && Notification.permission === 'granted';

/** The gateway closes a socket for a longer message, in bytes. */
const LONGEST = 4096;

/** False if it was not sent: there is no connection, or it is too long. */
function send(message: PageMessage): boolean {
  const text = JSON.stringify(message);
  if (socket?.readyState !== WebSocket.OPEN || new TextEncoder().encode(text).length > LONGEST) return false;
  socket.send(text);
  return true;
}

/** Subscribes to a topic until the returned function is called. */
export function want(topic: string): () => void {
  change(topic, 1);
  return () => change(topic, -1);
}

/** Subscribes while the component is shown. */
export function useTopics(...wanted: readonly string[]): void {
  useEffect(() => {
    const leave = wanted.map(want);
    return () => {
      for (const each of leave) each();
    };
  }, [wanted.join()]);
}

function change(topic: string, by: number): void {
  const uses = (topics.get(topic) ?? 0) + by;
  if (uses > 0) topics.set(topic, uses);
  else topics.delete(topic);
  // Several changes of one navigation are one message.
  queueMicrotask(announce);
}

let announced = '';
function announce(): void {
  const list = [...topics.keys()];
  if (connection.value.state !== 'live' || list.join() === announced) return;
  announced = list.join();
  send({ type: 'want', want: list });
}

/** Gets every message until the returned function is called. */
export function listen(listener: (message: LiveMessage) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Answers a question of a call. Returns why that was not possible. */
export function answer(id: string, given: JsonMap): string | undefined {
  if (connection.value.state !== 'live') return 'The gateway cannot be reached. Send the answer again when this page is live.';
  if (send({ type: 'answer', id, answer: given })) return undefined;
  return 'The answer is too long: all of it may have 4,000 characters.';
}

function open(withKey: string): void {
  const mine = new WebSocket(liveAddress(), 'plugmux.console.v1');
  socket = mine;
  mine.onopen = () => {
    announced = [...topics.keys()].join();
    const revision = overview.value?.revision;
    mine.send(
      JSON.stringify({
        type: 'start',
        key: withKey,
        ...(revision === undefined ? {} : { revision }),
        want: [...topics.keys()],
        notices: notices(),
      } satisfies PageMessage),
    );
  };
  mine.onmessage = ({ data }) => {
    const messages = JSON.parse(String(data)) as readonly LiveMessage[];
    for (const message of messages) accept(message);
    receive(messages);
    for (const message of messages) for (const listener of listeners) listener(message);
  };
  mine.onclose = ({ code }) => {
    if (socket !== mine) return;
    socket = undefined;
    if (code === 4401) return forget('The login is no longer valid.');
    if (connection.value.state !== 'offline') connection.value = { state: 'offline', since: Date.now() };
    timer = setTimeout(() => open(withKey), wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
}

function accept(message: LiveMessage): void {
  if (message.type === 'resync') void resync();
  if (message.type !== 'hello') return;
  wait = FIRST_WAIT;
  const before = connection.value;
  connection.value = { state: 'live' };
  announce();
  if (before.state === 'offline') {
    const away = Date.now() - before.since;
    gaps.value = [...gaps.value, { from: now() - away, to: now() }].slice(-50);
  }
  if (wasLive || (overview.value !== undefined && overview.value.revision !== message.revision)) void resync();
  wasLive = true;
}

function close(): void {
  clearTimeout(timer);
  const old = socket;
  socket = undefined;
  old?.close();
  wasLive = false;
  wait = FIRST_WAIT;
  connection.value = { state: 'connecting' };
}

/** Tells the gateway that a person is here, which decides whether calls may wait for one. */
export function used(force = false): void {
  if (!force && Date.now() - lastUsed < USED_EVERY) return;
  lastUsed = Date.now();
  send({ type: 'used', visible: document.visibilityState === 'visible', notices: notices() });
}

/** Keeps the socket open while there is a key. */
export function startLive(): void {
  effect(() => {
    const current = key.value;
    close();
    if (current !== undefined) open(current);
  });
  document.addEventListener('visibilitychange', () => used(true));
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => used(), { passive: true });
  // A laptop that wakes up does not wait for the timer.
  addEventListener('online', () => {
    if (socket !== undefined || key.value === undefined) return;
    clearTimeout(timer);
    open(key.value);
  });
}
