import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { SourceKey } from '../store/event-table.ts';

/** Where a consumer is in the events of a source. */
export interface Position {
  /** The last event that it has seen, or that was not for it. */
  readonly seq: number;
  /** When the last event that it got was stored, in milliseconds since 1970; 0 if it got none. */
  readonly last: number;
}

/** Positions as texts that clients keep but cannot read, change or use for another source. */
export interface Cursors {
  seal(source: SourceKey, position: Position): string;
  /** Undefined if the text is not a cursor of this source. */
  open(source: SourceKey, cursor: string): Position | undefined;
}

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
const BODY = 12;

/** `key`: of the state folder. Without one, cursors are valid for this process only. */
export function createCursors(key: () => Buffer | undefined): Cursors {
  let known: Buffer | undefined;
  const keyed = (): Buffer => {
    known ??= Buffer.from(hkdfSync('sha256', key() ?? randomBytes(32), '', 'plugmux event cursors', 32));
    return known;
  };
  return {
    seal(source, { seq, last }) {
      const body = Buffer.alloc(BODY);
      body.writeUIntBE(seq, 0, 6);
      body.writeUIntBE(last, 6, 6);
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, keyed(), nonce).setAAD(boundTo(source));
      return Buffer.concat([nonce, cipher.update(body), cipher.final(), cipher.getAuthTag()]).toString('base64url');
    },
    open(source, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      if (bytes.length !== NONCE + BODY + TAG || bytes.toString('base64url') !== cursor) return undefined;
      try {
        const decipher = createDecipheriv(CIPHER, keyed(), bytes.subarray(0, NONCE), { authTagLength: TAG });
        decipher.setAAD(boundTo(source)).setAuthTag(bytes.subarray(-TAG));
        const body = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
        return { seq: body.readUIntBE(0, 6), last: body.readUIntBE(6, 6) };
      } catch {
        return undefined;
      }
    },
  };
}

function boundTo({ plugin, trigger }: SourceKey): Buffer {
  return Buffer.from(JSON.stringify([plugin, trigger]));
}
