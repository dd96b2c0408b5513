// upstream-server.mjs <stdio|http|sse|ws>: a server whose tool gets the line to send next, and when to send it.
import { appendFileSync } from 'node:fs';
import { serveAt, serveLines, UpstreamPeer } from '../support/upstream-peer.mjs';
import { keepForNextStart, takeFromLastStart } from './next-start.mjs';

/** Delay between a reply and the end of the connection, so that the gateway has received it. */
const REPLIED_MS = 50;

const [kind] = process.argv.slice(2);
const peer = new UpstreamPeer('odd', false);
peer.told = ({ line, phase }) => {
  if (line === undefined) return;
  if (phase === 'start' && kind === 'stdio') keepForNextStart(line);
  else peer.load(phase, [line]);
  if (phase === 'list') peer.announce();
  if (phase === 'start') setTimeout(() => peer.breakOff(), REPLIED_MS);
};
peer.sending = (phase) => {
  appendFileSync(process.env.FUZZ_SENT, '.');
  // Its list may have removed its own tool, so it restarts and lists it again.
  if (phase === 'list') setTimeout(() => peer.breakOff(), REPLIED_MS);
};
// The test requests a new connection if its calls do not arrive.
process.on('SIGUSR2', () => peer.breakOff());

if (kind === 'stdio') {
  const line = takeFromLastStart();
  if (line !== undefined) peer.load('start', [line]);
  peer.connected(() => process.exit(1));
  process.stdin.on(
    'data',
    serveLines(peer, (text) => process.stdout.write(text)),
  );
} else process.stdout.write(`${(await serveAt(peer, kind)).url}\n`);
