// A plugin program whose tool takes the answer that it sends next, and when it sends it.
import { appendFileSync } from 'node:fs';
import { read } from '../../bench/servers/grpc-line.mjs';
import { serveGrpc } from '../support/grpc-server.mjs';
import { keepForNextStart, takeFromLastStart } from './next-start.mjs';

const FRAME_HEAD = 5;
const WHILE_STARTING = [
  '/grpc.health.v1.Health/Check',
  '/plugin.ToolPlugin/Configure',
  '/plugin.ToolPlugin/ListTools',
  '/plugin.GRPCStdio/StreamStdio',
];

let atStart = takeFromLastStart();
// The length of the line decides which of its first answers it is, so that all of them occur.
const at = (atStart?.length ?? 0) % WHILE_STARTING.length;

const socket = `${process.env.PLUGIN_UNIX_SOCKET_DIR}/plugin`;
const sent = (line) => {
  appendFileSync(process.env.FUZZ_SENT, '.');
  return line;
};
const server = serveGrpc(socket, (method, request) => {
  if (method === '/plugin.GRPCController/Shutdown') setImmediate(() => process.exit(0));
  if (method === WHILE_STARTING[at] && atStart !== undefined) {
    const line = atStart;
    atStart = undefined;
    return sent(line);
  }
  if (method !== '/plugin.ToolPlugin/Call') return undefined;
  const { line, phase } = JSON.parse(read(request.subarray(FRAME_HEAD))[1]);
  if (phase !== 'start') return sent(line);
  keepForNextStart(line);
  setTimeout(() => process.exit(1), 20);
  return undefined;
});
server.on('listening', () => process.stdout.write(`1|1|unix|${socket}|grpc|\n`));
