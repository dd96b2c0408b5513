import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallEnd } from '../../core/contract/call-outcome.ts';
import { GatewayError } from '../../core/errors.ts';
import { fileFault } from '../../core/file-fault.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger } from '../../core/log.ts';
import { VERSION } from '../../core/package.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { showName } from '../../core/text/text.ts';
import type { AuditHeads } from './audit-heads.ts';
import { createAuditLog } from './audit-log.ts';
import { createFailedLogins } from './failed-logins.ts';

/** The audit record of one call. Durations are in milliseconds, sizes in bytes. */
export interface AuditRecord {
  /** Fields of the caller and of the tool, as JSON members without braces. */
  readonly caller: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly outcome: CallEnd;
  readonly code?: string | undefined;
  /** How the user approved or refused, if the tool requires approval. */
  readonly consent?: string | undefined;
  /** Who answered, if that was not the client's user. */
  readonly by?: string | undefined;
  readonly ms: number;
  readonly bytes: number;
}

/** Events in the audit log besides calls. */
export type AuditEvent = 'start' | 'login-failed' | 'admin' | 'reload';

/** Writes one line per call and event. Lines are written in batches, which are chained by hashes. */
export interface Audit {
  /** `time` in milliseconds since 1970; the default is now. */
  record(record: AuditRecord, time?: number): void;
  /** Writes a line about something other than a call. Texts in `fields` are escaped and shortened. */
  event(name: AuditEvent, fields: JsonObject): void;
  /** Counts a failed login. Each address and reason gets one line per minute, with the count. */
  failedLogin(address: string, reason: string): void;
  /** Writes a first line; settles with the reason if it cannot be written. */
  prove(): Promise<string | undefined>;
  /** Why lines cannot be written at the moment; undefined if they can. */
  failure(): string | undefined;
  /** Writes all waiting lines; settles with the reason if they cannot be written. */
  written(): Promise<string | undefined>;
  /** Writes the waiting lines and closes the file. */
  close(): Promise<void>;
}

const KEY_BYTES = 32;
const MAX_ITEMS = 100;
/** Longer arguments are hashed at once, so that they are not kept until their batch is written. */
const KEPT_LENGTH = 1_024;

/** An audit log with one file per day in `dir`. If `plain()` is true, arguments are written too, without known secrets. */
export function createAudit(dir: string, plain: () => boolean, log: Logger, redactor: Pick<Redactor, 'texts'>, heads?: AuditHeads): Audit {
  const lines = createAuditLog(dir, log, (run, head) => heads?.save(run, head));
  let key: string | undefined;

  const event = (name: AuditEvent, fields: JsonObject): void => {
    lines.add(JSON.stringify({ event: name, ...(safe(redactor.texts(fields) as JsonValue) as JsonObject) }).slice(1, -1));
  };
  let proving = false;
  const logins = createFailedLogins((fields) => event('login-failed', fields));

  return {
    record(record, time) {
      key ??= readKey(dir, log);
      const shown = plain() ? `,"arguments":${toJsonText(redactor.texts(record.args))}` : '';
      const line = new CallLine(record, toJsonText(record.args), shown, key);
      lines.add(line.text.length > KEPT_LENGTH ? line.toMembers() : line, time);
    },
    event,
    failedLogin: logins.add,
    prove() {
      event('start', { version: VERSION });
      proving = true;
      return lines.written().finally(() => {
        proving = false;
      });
    },
    failure: () => lines.failure() ?? (proving && !lines.proven() ? 'its first line is being written' : undefined),
    written: lines.written,
    async close() {
      logins.close();
      await lines.close();
      heads?.close();
    },
  };
}

/** The line of one call. `text` are its arguments as JSON; `shown` is empty, or a member with those that may be written. */
class CallLine {
  readonly text: string;
  readonly #record: AuditRecord;
  readonly #shown: string;
  readonly #key: string;

  constructor(record: AuditRecord, text: string, shown: string, key: string) {
    this.#record = record;
    this.text = text;
    this.#shown = shown;
    this.#key = key;
  }

  toMembers(): string {
    const { caller, tool, outcome, code, consent, by, ms, bytes } = this.#record;
    const digest = hash('sha512-256', this.#key + this.text);
    const reason = code === undefined ? '' : `,"code":"${code}"`;
    const who = by === undefined ? '' : `,"by":${JSON.stringify(showName(by))}`;
    const agreed = consent === undefined ? '' : `,"consent":"${consent}"${who}`;
    return `${caller},${tool},"args":"${digest}"${this.#shown},"outcome":"${outcome}"${reason}${agreed},"ms":${Math.round(ms * 10) / 10},"bytes":${bytes}`;
  }
}

/** Throws AUDIT_STORE_UNAVAILABLE if the audit log cannot be written. */
export async function proveAudit(audit: Audit, state: string): Promise<void> {
  const why = await audit.prove();
  if (why === undefined) return;
  await audit.close().catch(() => undefined);
  throw new GatewayError(
    'AUDIT_STORE_UNAVAILABLE',
    `The audit log below ${state} cannot be written, but the configuration requires it: ${why}.`,
  );
}

/** Records a rejected configuration by its position only, because the message may contain values from the file. */
export function recordRefusal(audit: Audit, error: unknown): void {
  const { code = 'INTERNAL', at = '' } = error instanceof GatewayError ? { code: error.code, at: error.details.at } : {};
  audit.event('reload', { by: 'file', outcome: 'refused', code, at });
}

// Untrusted texts in a line must not contain hidden characters or fill the file.
function safe(value: JsonValue): JsonValue {
  if (typeof value === 'string') return showName(value);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, safe(item)]));
}

// Without a key, short arguments could be guessed from their digests. SHA-512/256 with a key prefix is a secure MAC.
function readKey(dir: string, log: Logger): string {
  const file = join(dir, 'key');
  const fresh = randomBytes(KEY_BYTES).toString('hex');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeUnlessThere(file, fresh);
    const kept = readFileSync(file, 'utf8');
    if (kept.length === fresh.length) return kept;
    throw new Error('it contains no key');
  } catch (error) {
    log.warn(`the digests of this run cannot be compared with those of others: ${file} cannot be used: ${fileFault(error)}`);
    return fresh;
  }
}

// Gateways that start at the same time all use the first one's key.
function writeUnlessThere(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
