// upstream-server.mjs <stdio|http|sse|ws>: a server whose tool takes the line that it sends next, and when it sends it.
import { appendFileSync } from 'node:fs';
import { serveAt, serveLines, UpstreamPeer } from '../support/upstream-peer.mjs';
import { keepForNextStart, takeFromLastStart } from './next-start.mjs';

/** How long after a reply the connection ends, so that the gateway has it by then. */
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
  // What it listed may have taken its own tool away: it starts again, and lists what it should.
  if (phase === 'list') setTimeout(() => peer.breakOff(), REPLIED_MS);
};
// The test wants a new connection when its calls do not arrive.
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
