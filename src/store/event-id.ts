import { createHash, randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARS = 26;

/** A new id: `evt_` and 26 characters of 48 bits of time and 80 random bits, so that ids sort by time. */
export function createEventId(at: number): string {
  const bytes = Buffer.concat([Buffer.alloc(6), randomBytes(10)]);
  bytes.writeUIntBE(Math.max(0, Math.trunc(at)), 0, 6);
  return encode(bytes);
}

/** The id of an event that some texts identify. */
export function eventIdOf(parts: readonly string[]): string {
  return encode(createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16));
}

function encode(bytes: Buffer): string {
  let value = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let i = 0; i < CHARS; i++) {
    text = (DIGITS[Number(value & 31n)] as string) + text;
    value >>= 5n;
  }
  return `evt_${text}`;
}
