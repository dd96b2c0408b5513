import { isUtf8 } from 'node:buffer';
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

// Tests load this into every gateway that they start. It looks at all bytes that leave the process and writes down what is
// wrong with them; a line in that file fails the run. It shares no code with what it judges.

const { PLUGMUX_SCAN_FILE: FILE } = process.env;
const GATEWAY = /(?:^|[\\/])(?:dist[\\/]bundle[\\/]src[\\/]main\.js|dist[\\/]src[\\/]main\.js|fixture-main\.mjs)$/;
const START = '{"jsonrpc"';
/** Members of a result by which a list, an answer to `initialize` or a prompt is known. */
const SHOWN = ['tools', 'prompts', 'resources', 'resourceTemplates', 'messages', 'instructions', 'serverInfo'];

/** What is wrong with some bytes on their way out. */
export function faultsOf(bytes) {
  const text = bytes.toString();
  const faults = [];
  // Most messages hold no escape of that kind and no list: they cost little.
  const whole = /\\u[dD]/.test(text) ? text.replace(/\\\\/g, '').replace(/\\u[dD][89abAB]..\\u[dD][c-fC-F]../g, '') : '';
  const half = /.{0,40}\\u[dD][89a-fA-F].{0,40}/s.exec(whole);
  if (half) faults.push(`half a surrogate pair: ${half[0]}`);
  const first = bytes.indexOf(START);
  if (first >= 0 && !isUtf8(bytes.subarray(first))) faults.push('not UTF-8');
  if (!SHOWN.some((key) => text.includes(`"${key}"`))) return faults;
  for (const { result } of messagesOf(text)) {
    if (typeof result !== 'object' || result === null || !SHOWN.some((key) => key in result)) continue;
    const hidden = hiddenIn(result);
    if (hidden !== undefined) faults.push(`hidden characters: ${JSON.stringify(hidden).slice(0, 200)}`);
  }
  return faults;
}

/** Every whole message in a text, whatever frames it. */
export function messagesOf(text) {
  const messages = [];
  for (let start = text.indexOf(START); start >= 0; start = text.indexOf(START, start + 1)) {
    const line = text.indexOf('\n', start);
    for (let end = line < 0 ? text.length : line; end > start; end = text.lastIndexOf('}', end - 2) + 1) {
      try {
        messages.push(JSON.parse(text.slice(start, end)));
        break;
      } catch {
        // Something else follows it, such as the rest of a batch.
        if (text.length - end > 64) break;
      }
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
  let seen = 0;
  Socket.prototype._writeGeneric = function (many, data, encoding, done) {
    const chunks = many ? data.map(({ chunk, encoding: own }) => toBytes(chunk, own)) : [toBytes(data, encoding)];
    const bytes = Buffer.concat(chunks);
    if (bytes.includes(START)) seen++;
    for (const fault of faultsOf(bytes)) appendFileSync(FILE, `${process.argv.slice(1).join(' ')}: ${fault.replaceAll('\n', ' ')}\n`);
    return write.call(this, many, data, encoding, done);
  };
  process.on('exit', () => appendFileSync(`${FILE}.seen`, `${seen}\n`));
}

function toBytes(chunk, encoding) {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding === 'buffer' ? 'utf8' : encoding) : Buffer.from(chunk);
}

if (FILE !== undefined && GATEWAY.test(process.argv[1] ?? '')) watch();
