import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { LiveMessage } from '../../../src/console/api/live-types.ts';
import type { Serving } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';

/** One page that is connected to the live channel. */
export interface Page {
  readonly socket: WebSocket;
  readonly messages: readonly LiveMessage[];
  /** Every text that arrived. */
  readonly texts: readonly string[];
}

/** Opens a socket without a login; it ends with the test. */
export async function openSocket({ url }: Pick<Serving, 'url'>): Promise<WebSocket> {
  const { host } = new URL(url);
  const socket = new WebSocket(`ws://${host}/api/console/live`, 'plugmux.console.v1', { headers: { Origin: `http://${host}` } });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** Opens a page that has logged in. */
export async function openPage(
  gateway: Pick<Serving, 'url'>,
  { key, want = [] }: { key: string; want?: readonly string[] },
): Promise<Page> {
  const socket = await openSocket(gateway);
  const messages: LiveMessage[] = [];
  const texts: string[] = [];
  socket.on('message', (data) => {
    texts.push(String(data));
    messages.push(...(JSON.parse(String(data)) as LiveMessage[]));
  });
  socket.send(JSON.stringify({ type: 'start', key, want }));
  await until('the page is greeted', () => messages.length > 0);
  return { socket, messages, texts };
}

/** The code that a socket is closed with. */
export async function closedWith(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}
