import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import http2 from 'node:http2';
import { Socket } from 'node:net';

// Tests load this into every gateway that they start. It checks all bytes that leave the process and records faults in a file;
// a line in that file fails the run. It shares no code with the gateway.

const { PLUGMUX_SCAN_FILE: FILE } = process.env;
const GATEWAY = /(?:^|[\\/])(?:dist[\\/]bundle[\\/]src[\\/]main\.js|dist[\\/]src[\\/]main\.js|fixture-main\.mjs)$/;
const START = '{"jsonrpc"';
/** Members that identify a list, a reply to `initialize` or a prompt. */
const SHOWN = ['"tools"', '"prompts"', '"resources"', '"resourceTemplates"', '"messages"', '"instructions"', '"serverInfo"'];
const MAX_BEHIND = 1024;

const RESULT = '"result":';

/** Faults of outgoing bytes or text. Results in `known` were checked before. */
export function faultsOf(chunk, known = new Set()) {
  const faults = [];
  if (chunk.includes('\\ud') || chunk.includes('\\uD')) {
    const whole = chunk
      .toString()
      .replace(/\\\\/g, '')
      .replace(/\\u[dD][89abAB]..\\u[dD][c-fC-F]../g, '');
    const half = /.{0,40}\\u[dD][89a-fA-F].{0,40}/s.exec(whole);
    if (half) faults.push(`half a surrogate pair: ${half[0]}`);
  }
  const first = chunk.indexOf(START);
  if (first >= 0 && Buffer.isBuffer(chunk) && !isUtf8(chunk.subarray(first))) faults.push('not UTF-8');
  if (first < 0 || !SHOWN.some((key) => chunk.includes(key))) return faults;
  for (const message of piecesOf(chunk)) {
    const at = message.indexOf(RESULT);
    if (at < 0 || !SHOWN.some((key) => message.includes(key)) || !isNew(message, at, known)) continue;
    for (const { result } of messagesOf(message.toString())) {
      const hidden = isShown(result) ? hiddenIn(result) : undefined;
      if (hidden !== undefined) faults.push(`hidden characters: ${JSON.stringify(hidden).slice(0, 200)}`);
    }
  }
  return faults;
}

function isShown(result) {
  return typeof result === 'object' && result !== null && SHOWN.some((key) => JSON.parse(key) in result);
}

function isNew(message, at, known) {
  const digest = createHash('sha1')
    .update(typeof message === 'string' ? message.slice(at) : message.subarray(at))
    .digest('base64');
  return known.size !== known.add(digest).size;
}

// Line by line: no message contains a line break.
function* piecesOf(chunk) {
  for (let start = chunk.indexOf(START); start >= 0; ) {
    const line = chunk.indexOf('\n', start);
    const end = line < 0 ? chunk.length : line;
    yield typeof chunk === 'string' ? chunk.slice(start, end) : chunk.subarray(start, end);
    start = chunk.indexOf(START, end);
  }
}

/** Every complete message in a text, with any framing. */
export function messagesOf(text) {
  const messages = [];
  for (let start = text.indexOf(START); start >= 0; start = text.indexOf(START, start + 1)) {
    const line = text.indexOf('\n', start);
    const last = line < 0 ? text.length : line;
    // Text may follow it, such as the rest of a batch.
    for (let end = last; end > start && last - end <= MAX_BEHIND; end = text.lastIndexOf('}', end - 2) + 1) {
      try {
        messages.push(JSON.parse(text.slice(start, end)));
        break;
      } catch {}
    }
  }
  return messages;
}

function hiddenIn(value) {
  if (typeof value === 'string') return isHidden(value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = isHidden(key) ? key : hiddenIn(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const RANGES = [
  [0x00, 0x08],
  [0x0b, 0x0c],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x202a, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
  [0xe0100, 0xe01ef],
];
const JOINS = /^[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Presentation}\p{Emoji_Modifier}]$/u;

function isHidden(text) {
  const chars = [...text.replace(/\u{1f3f4}[\u{e0020}-\u{e007e}]{1,7}\u{e007f}/gu, '\u{1f3f4}')];
  return chars.some((char, i) => {
    const code = char.codePointAt(0);
    if (code === 0x200c || code === 0x200d) return !JOINS.test(chars[i - 1] ?? '') || !JOINS.test(chars[i + 1] ?? '');
    if (code === 0x0d) return chars[i + 1] !== '\n';
    return RANGES.some(([from, to]) => code >= from && code <= to);
  });
}

function watch() {
  const { _writeGeneric: write } = Socket.prototype;
  // Many clients request the same list, and tests measure the memory of a gateway.
  const known = new Set();
  let seen = 0;
  const look = (chunk) => {
    const bytes = typeof chunk === 'string' || Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    if (bytes.includes(START)) seen++;
    for (const fault of faultsOf(bytes, known))
      appendFileSync(FILE, `${process.argv.slice(1).join(' ')}: ${fault.replaceAll('\n', ' ')}\n`);
  };
  Socket.prototype._writeGeneric = function (many, data, encoding, done) {
    for (const chunk of many ? data.map((one) => one.chunk) : [data]) look(chunk);
    return write.call(this, many, data, encoding, done);
  };
  // gRPC: HTTP/2 sessions write to their sockets directly. grpc-js takes `connect` from this very object.
  const { connect } = http2;
  http2.connect = function (...args) {
    const session = connect.apply(this, args);
    const { request } = session;
    session.request = function (...headers) {
      const stream = request.apply(this, headers);
      const { write: send, end } = stream;
      stream.write = function (chunk, ...rest) {
        look(chunk);
        return send.call(this, chunk, ...rest);
      };
      stream.end = function (chunk, ...rest) {
        if (typeof chunk === 'string' || chunk instanceof Uint8Array) look(chunk);
        return end.call(this, chunk, ...rest);
      };
      return stream;
    };
    return session;
  };
  process.on('exit', () => appendFileSync(`${FILE}.seen`, `${seen}\n`));
}

if (FILE !== undefined && GATEWAY.test(process.argv[1] ?? '')) watch();
