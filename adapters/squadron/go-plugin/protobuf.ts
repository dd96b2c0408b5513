/** A malformed message. The connection stays usable. */
export class WireError extends Error {}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A field of a message: its number, and either its bytes or its varint. */
export interface Field {
  readonly number: number;
  readonly bytes?: Buffer;
  readonly varint?: number;
}

/** Iterates over the fields of a message. Skips kinds that no known message uses. */
export function* readFields(message: Buffer): Generator<Field> {
  const at = { offset: 0 };
  while (at.offset < message.length) {
    const key = readVarint(message, at);
    const number = Math.floor(key / 8);
    if (number === 0) throw new WireError('a field has no number');
    switch (key % 8) {
      case VARINT:
        yield { number, varint: readVarint(message, at) };
        break;
      case BYTES: {
        const length = readVarint(message, at);
        yield { number, bytes: take(message, at, length) };
        break;
      }
      case FIXED64:
        take(message, at, 8);
        break;
      case FIXED32:
        take(message, at, 4);
        break;
      default:
        throw new WireError(`field ${number} has an unknown kind`);
    }
  }
}

/** The string of a field. Throws WireError if the field has another kind. */
export function textOf({ number, bytes }: Field): string {
  if (!bytes) throw new WireError(`field ${number} is not a string`);
  return bytes.toString('utf8');
}

function take(message: Buffer, at: { offset: number }, length: number): Buffer {
  const end = at.offset + length;
  if (end > message.length) throw new WireError('the message is cut short');
  const part = message.subarray(at.offset, end);
  at.offset = end;
  return part;
}

// Values over 2^53 do not occur in these messages; they would lose precision.
function readVarint(message: Buffer, at: { offset: number }): number {
  let value = 0;
  for (let factor = 1, i = 0; i < 10; factor *= 128, i++) {
    const byte = message[at.offset++];
    if (byte === undefined) throw new WireError('the message is cut short');
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
  throw new WireError('a number is too long');
}

/** A length-delimited field; empty values are omitted, as in proto3. */
export function writeText(number: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : writeBytes(number, Buffer.from(text, 'utf8'));
}

/** A length-delimited field, written even when it is empty. */
export function writeBytes(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([writeVarint(number * 8 + BYTES), writeVarint(bytes.length), bytes]);
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
