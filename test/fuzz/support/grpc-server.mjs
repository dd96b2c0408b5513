import { createServer } from 'node:http2';
import { answer, TOOL } from './grpc-answers.mjs';

const MAX_HEADER_LENGTH = 4_000;
const MAX_TIMES = 3;

/**
 * A gRPC server on a socket. `lineFor` returns the reply to a method as JSON text, or undefined for the reply of a correct
 * program; it also gets the bytes of the request.
 */
export function serveGrpc(path, lineFor) {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const chunks = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const method = headers[':path'];
      send(stream, lineFor(method, Buffer.concat(chunks)) ?? JSON.stringify(goodFor(method)));
    });
  });
  server.on('sessionError', () => undefined);
  server.listen(path);
  return server;
}

function goodFor(method) {
  switch (method) {
    case '/plugin.ToolPlugin/Call':
      return answer({ 1: 'fine' });
    case '/plugin.ToolPlugin/ListTools':
      return answer({ 1: [TOOL] });
    case '/plugin.GRPCStdio/StreamStdio':
      return answer({ 1: 1, 2: 'a line\n' });
    default:
      return answer({ 1: 1 });
  }
}

function send(stream, line) {
  if (stream.destroyed) return;
  try {
    sendAnswer(stream, line);
  } catch {
    // Nested too deeply to be encoded here: a truncated stream is garbage as well.
    stream.close();
  }
}

function sendAnswer(stream, line) {
  let given = {};
  let raw;
  try {
    given = JSON.parse(line) ?? {};
  } catch {
    raw = Buffer.from(line);
  }
  const { status = 200, ...headers } = headersOf(given.headers);
  stream.respond({ ':status': statusOf(status), 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    try {
      stream.sendTrailers(headersOf(given.trailers));
    } catch {
      stream.close();
    }
  });
  const body = raw ?? encode(given.message);
  const frame = Buffer.alloc(5);
  frame[0] = numberOf(given.compressed, 0) & 255;
  frame.writeUInt32BE((body.length + numberOf(given.length, 0)) >>> 0, 1);
  const whole = Buffer.concat([frame, body.subarray(0, Math.max(0, body.length - numberOf(given.cut, 0)))]);
  for (let i = 0; i < Math.min(MAX_TIMES, numberOf(given.times, 1)); i++) stream.write(whole);
  stream.end();
}

function varint(value) {
  const bytes = [];
  let rest = Math.min(Math.abs(Math.trunc(value)) || 0, 2 ** 60);
  do {
    bytes.push(rest > 127 ? (rest % 128) | 128 : rest);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** Any JSON value as a protobuf message: numeric keys are field numbers, every other key is field 15. */
function encode(value) {
  if (typeof value !== 'object' || value === null) return Buffer.from(String(value));
  return Buffer.concat(Object.entries(value).map(([key, item]) => field(Number(key) || 15, item)));
}

function field(number, value) {
  if (Array.isArray(value)) return Buffer.concat(value.slice(0, 50).map((item) => field(number, item)));
  if (typeof value === 'number' || typeof value === 'boolean') return Buffer.concat([varint(number * 8), varint(Number(value))]);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value === null ? Buffer.alloc(0) : encode(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

// Node rejects some headers, so they are left out.
function headersOf(value) {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const name = key.toLowerCase();
    if (!/^[a-z][a-z0-9-]*$/.test(name) || ['connection', 'te', 'host', 'upgrade'].includes(name)) return [];
    const text = typeof item === 'string' ? item : (JSON.stringify(item) ?? '');
    return [
      [
        name,
        text
          .replace(/[^\x20-\x7e]/g, '?')
          .slice(0, MAX_HEADER_LENGTH)
          .trim(),
      ],
    ];
  });
  return Object.fromEntries(entries);
}

function statusOf(text) {
  const status = Number(text);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : 200;
}

function numberOf(value, otherwise) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : otherwise;
}
