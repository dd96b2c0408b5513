// A plugin program whose tool gets the reply to send next, and when to send it.
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
// The length of the line selects one of its first replies, so that all of them occur.
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
