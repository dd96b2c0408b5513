import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileFault } from '../core/file-fault.ts';
import type { JsonObject } from '../core/json.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import { wellFormedJson } from '../core/well-formed.ts';
import { createDayFile } from './day-file.ts';

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

/** Writes one line a call. Lines leave in batches; every batch ends with the hash that chains it to the one before. */
export interface Audit {
  record(record: AuditRecord): void;
  /** Why nothing can be written just now, or undefined. */
  failure(): string | undefined;
  /** Writes what is waiting and lets go of the file. */
  close(): Promise<void>;
}

const BATCH_LINES = 100;
const BATCH_MS = 100;
const KEY_BYTES = 32;

/** An audit log below `dir`, one file a day; while `plain()`, arguments are written beside their digest, without known secrets. */
export function createAudit(dir: string, plain: () => boolean, log: Logger, redactor: Pick<Redactor, 'texts'>): Audit {
  const run = randomBytes(6).toString('hex');
  let key: string | undefined;
  const file = createDayFile(dir);
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let chain = hash('sha256', run);
  let sequence = 0;
  let failure: string | undefined;
  let lost = 0;

  const append = async (lines: readonly string[]): Promise<void> => {
    const text = `${lines.join('\n')}\n`;
    const next = hash('sha256', chain + text);
    const seal = JSON.stringify({
      run,
      seq: sequence,
      lines: lines.length,
      previous: chain,
      chain: next,
    });
    chain = next;
    try {
      await file.append(`${text}${seal}\n`);
      if (failure !== undefined) log.info(`the audit log can be written again; ${lost} lines were lost`);
      failure = undefined;
    } catch (error) {
      lost += lines.length;
      if (failure === undefined) log.error(`the audit log cannot be written: ${(error as Error).message}`);
      failure = (error as Error).message;
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      writing = writing.then(() => append(lines));
    }
    return writing;
  };

  return {
    record({ caller, tool, args, outcome, code, consent, ms, bytes }) {
      key ??= readKey(dir, log);
      const text = JSON.stringify(args);
      const digest = hash('sha512-256', key + text);
      const shown = plain() ? `,"arguments":${JSON.stringify(redactor.texts(args))}` : '';
      const reason = code === undefined ? '' : `,"code":"${code}"`;
      const agreed = consent === undefined ? '' : `,"consent":"${consent}"`;
      const line = `{"seq":${++sequence},"time":${Date.now()},"run":"${run}",${caller},${tool},"args":"${digest}"${shown},"outcome":"${outcome}"${reason}${agreed},"ms":${Math.round(ms * 10) / 10},"bytes":${bytes}}`;
      waiting.push(wellFormedJson(line));
      if (waiting.length >= BATCH_LINES) void flush();
      else timer ??= setTimeout(flush, BATCH_MS).unref();
    },
    failure: () => failure,
    close: () => flush().then(file.close),
  };
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
