// grpc-plugin.mjs <tools>: the benchmark's tools as a plugin program, which prints its socket on its first line.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describeTool, ECHO, FILLER, toolNames } from '../tools.mjs';
import { read, write } from './grpc-line.mjs';

const tools = toolNames(Number(process.argv[2])).map((name, i) => write(name, describeTool(i), JSON.stringify(i === 0 ? ECHO : FILLER)));
const list = Buffer.concat(tools.map((tool) => write(tool)));
const same = (bytes) => bytes;
const unary = (path, requestDeserialize, answer) => [
  path,
  {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize,
    responseSerialize: same,
    responseDeserialize: same,
    answer,
  },
];
const METHODS = [
  unary('/plugin.ToolPlugin/Call', read, ([tool, payload]) => write(tool === 'echo' ? JSON.parse(payload).message : 'x')),
  unary('/plugin.ToolPlugin/Configure', same, () => Buffer.from([8, 1])),
  unary('/plugin.ToolPlugin/ListTools', same, () => list),
  unary('/grpc.health.v1.Health/Check', same, () => Buffer.from([8, 1])),
  unary('/plugin.GRPCController/Shutdown', same, () => {
    setImmediate(() => process.exit(0));
    return Buffer.alloc(0);
  }),
];

const server = new Server();
server.addService(
  Object.fromEntries(METHODS),
  Object.fromEntries(METHODS.map(([path, { answer }]) => [path, ({ request }, done) => done(null, answer(request))])),
);
const socket = `${process.env.PLUGIN_UNIX_SOCKET_DIR}/plugin`;
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), () => console.log(`1|1|unix|${socket}|grpc|`));
