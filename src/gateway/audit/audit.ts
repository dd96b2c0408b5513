import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** What came of one call, for the audit log. Durations are in milliseconds, sizes in bytes. */
export interface AuditRecord {
  /** Fields of the caller and of the tool, as ready JSON members without braces. */
  readonly caller: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly outcome: 'ok' | 'error' | 'refused' | 'cancelled';
  readonly code?: string | undefined;
  /** How a person agreed, where one had to. */
  readonly consent?: string | undefined;
  readonly ms: number;
  readonly bytes: number;
}

/** What the audit log tells besides calls. */
export type AuditEvent = 'start' | 'login-failed' | 'admin' | 'reload';

/** Writes one line a call, and one for each further event. Lines leave in batches, which are chained by their hashes. */
export interface Audit {
  record(record: AuditRecord): void;
  /** Writes a line about something other than a call. Texts in `fields` are escaped and shortened. */
  event(name: AuditEvent, fields: JsonObject): void;
  /** Counts a failed login. There is one line a minute for each address and reason, with how many there were. */
  failedLogin(address: string, reason: string): void;
  /** Proves that a line can be written, by writing one; settles with the reason if it cannot. */
  prove(): Promise<string | undefined>;
  /** Why nothing can be written just now, or undefined. */
  failure(): string | undefined;
  /** Writes every line that waits now; settles with the reason if they cannot be written. */
  written(): Promise<string | undefined>;
  /** Writes what is waiting and closes the file. */
  close(): Promise<void>;
}

const KEY_BYTES = 32;
const MAX_ITEMS = 100;
/** Longer arguments are hashed at once and not kept until their batch is written. */
const KEPT_LENGTH = 1_024;

/** An audit log below `dir`, one file a day. While `plain` says so, arguments are written beside their digest, without known secrets. */
export function createAudit(dir: string, plain: () => boolean, log: Logger, redactor: Pick<Redactor, 'texts'>, heads?: AuditHeads): Audit {
  const lines = createAuditLog(dir, log, (run, head) => heads?.save(run, head));
  let key: string | undefined;

  const event = (name: AuditEvent, fields: JsonObject): void => {
    lines.add(JSON.stringify({ event: name, ...(safe(redactor.texts(fields) as JsonValue) as JsonObject) }).slice(1, -1));
  };
  let proving = false;
  const logins = createFailedLogins((fields) => event('login-failed', fields));

  return {
    record({ caller, tool, args, outcome, code, consent, ms, bytes }) {
      key ??= readKey(dir, log);
      const text = toJsonText(args);
      const shown = plain() ? `,"arguments":${toJsonText(redactor.texts(args))}` : '';
      const reason = code === undefined ? '' : `,"code":"${code}"`;
      const agreed = consent === undefined ? '' : `,"consent":"${consent}"`;
      const toMembers = () => {
        const digest = hash('sha512-256', key + text);
        return `${caller},${tool},"args":"${digest}"${shown},"outcome":"${outcome}"${reason}${agreed},"ms":${Math.round(ms * 10) / 10},"bytes":${bytes}`;
      };
      lines.add(text.length > KEPT_LENGTH ? toMembers() : toMembers);
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

/** Refuses to go on without an audit log that can be written. */
export async function proveAudit(audit: Audit, state: string): Promise<void> {
  const why = await audit.prove();
  if (why === undefined) return;
  await audit.close().catch(() => undefined);
  throw new GatewayError(
    'AUDIT_STORE_UNAVAILABLE',
    `The audit log below ${state} cannot be written, and the configuration requires one: ${why}.`,
  );
}

/** Records a configuration that was refused. Its message may hold what stands in the file, so the place has to do. */
export function recordRefusal(audit: Audit, error: unknown): void {
  const { code = 'INTERNAL', at = '' } = error instanceof GatewayError ? { code: error.code, at: error.details.at } : {};
  audit.event('reload', { by: 'file', outcome: 'refused', code, at });
}

// What a line tells of strangers must neither hide anything nor fill the file.
function safe(value: JsonValue): JsonValue {
  if (typeof value === 'string') return showName(value);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, safe(item)]));
}

// Without a key, short arguments could be guessed from their digests. SHA-512/256 with a prefixed key is a sound MAC.
function readKey(dir: string, log: Logger): string {
  const file = join(dir, 'key');
  const fresh = randomBytes(KEY_BYTES).toString('hex');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeUnlessThere(file, fresh);
    const kept = readFileSync(file, 'utf8');
    if (kept.length === fresh.length) return kept;
    throw new Error('it holds no key');
  } catch (error) {
    log.warn(`the digests of this run cannot be compared with those of others: ${file} cannot be used: ${fileFault(error)}`);
    return fresh;
  }
}

// Of several gateways that start at once all use the first one's key.
function writeUnlessThere(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
