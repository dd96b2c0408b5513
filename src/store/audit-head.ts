import type Database from 'libsql';
import { asObject, type JsonObject } from '../core/json/json.ts';

/** The end of the audit chain of one run: its last written line, and the file that contains it. */
export interface AuditHead {
  readonly seq: number;
  readonly chain: string;
  readonly file: string;
}

/** The space of `entry` in which versions before the table `audit_head` write. */
const OLD_SPACE = 'audit-heads';
const SET = `INSERT INTO audit_head VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET file = excluded.file, seq = excluded.seq, chain = excluded.chain, at = excluded.at`;

/** Writes one row of `audit_head`. */
export function saveAuditHead(db: Database.Database, run: string, { file, seq, chain }: AuditHead, at: number): void {
  db.prepare(SET).run(run, file, seq, chain, at);
}

/** Moves the heads that older versions stored into `audit_head`. */
export function moveAuditHeads(db: Database.Database): void {
  for (const [run, head, at] of oldAuditHeads(db)) saveAuditHead(db, run, head, at);
  db.prepare('DELETE FROM entry WHERE space = ?').run(OLD_SPACE);
}

/** The heads that gateways of older versions have stored. */
export function oldAuditHeads(db: Database.Database): readonly (readonly [run: string, head: AuditHead, at: number])[] {
  const rows = db.prepare('SELECT key, value FROM entry WHERE space = ?').all(OLD_SPACE) as { key: string; value: string }[];
  return rows.map(({ key, value }) => {
    const fields = toFields(value);
    return [key, toHead(fields), Number.isSafeInteger(fields.at) ? Number(fields.at) : 0];
  });
}

// An invalid head must not be treated as missing.
function toHead({ seq, chain, file }: JsonObject): AuditHead {
  return Number.isSafeInteger(seq) && typeof chain === 'string' && typeof file === 'string'
    ? { seq: Number(seq), chain, file }
    : { seq: Number.MAX_SAFE_INTEGER, chain: '', file: '' };
}

function toFields(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
