import { createHash, hash, randomBytes } from 'node:crypto';
import type { Logger } from '../../core/log.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { AuditHead } from '../../store/audit-head.ts';
import { createDayFile } from './day-file.ts';

/** The JSON members of a line, or an object that builds them when the batch is written, which is faster. */
export type Members = string | { toMembers(): string };

/** The lines of one run of a gateway. They are written in batches; each ends with a hash that chains it to the previous one. */
export interface AuditLog {
  /** Adds a line; `time` is in milliseconds since 1970, by default now. */
  add(members: Members, time?: number): void;
  /** Why lines cannot be written at the moment; undefined if they can. */
  failure(): string | undefined;
  /** Whether a line of this run has been written. */
  proven(): boolean;
  /** Writes all waiting lines; settles with the reason if they cannot be written. */
  written(): Promise<string | undefined>;
  /** Writes the waiting lines and closes the file. */
  close(): Promise<void>;
}

const BATCH_LINES = 100;
const BATCH_MS = 100;
/** The most lines that are kept while the log cannot be written. */
const MAX_WAITING = 10_000;

/** The first link of a chain. */
export function chainStart(run: string): string {
  return hash('sha256', run);
}

/** The next link of a chain; `text` is the batch, each line with its line feed. */
export function chainNext(previous: string, text: string | Buffer): string {
  return createHash('sha256').update(previous).update(text).digest('hex');
}

/** Starts a run with one file per day in `dir`. `saveHead` receives the end of the chain after each batch. */
export function createAuditLog(dir: string, log: Logger, saveHead: (run: string, head: AuditHead) => void): AuditLog {
  const run = randomBytes(6).toString('hex');
  const file = createDayFile(dir);
  let waiting: Members[] = [];
  let times: number[] = [];
  const own = `,"run":"${run}",`;
  let timer: NodeJS.Timeout | undefined;
  let soon: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let chain = chainStart(run);
  let added = 0;
  let written = 0;
  let failure: string | undefined;
  let dropped = 0;

  const push = (members: Members, time = Date.now()): void => {
    added++;
    waiting.push(members);
    times.push(time);
  };

  const toText = (lines: number): string => {
    let text = '';
    for (let at = 0; at < lines; at++) {
      const line = waiting[at] as Members;
      const members = typeof line === 'string' ? line : line.toMembers();
      text += `{"seq":${written + at + 1},"time":${times[at]}${own}${members}}\n`;
    }
    return wellFormedJson(text);
  };

  const appendBatch = async (): Promise<void> => {
    const lines = Math.min(waiting.length, BATCH_LINES);
    const bytes = Buffer.from(toText(lines));
    const next = chainNext(chain, bytes);
    const seq = written + lines;
    const seal = JSON.stringify({ run, seq, lines, previous: chain, chain: next });
    const name = await file.append(Buffer.concat([bytes, Buffer.from(`${seal}\n`)]));
    waiting = waiting.slice(lines);
    times = times.slice(lines);
    chain = next;
    written = seq;
    saveHead(run, { seq, chain, file: name });
  };

  // Lines that are added meanwhile wait for the next flush, because under load small batches would be inefficient.
  const append = async (upTo: number): Promise<void> => {
    try {
      while (written < upTo) await appendBatch();
      if (failure !== undefined) log.info(`the audit log can be written again; ${dropped} lines were lost`);
      failure = undefined;
    } catch (error) {
      if (failure === undefined) log.error(`the audit log cannot be written: ${(error as Error).message}`);
      failure = (error as Error).message;
      timer ??= setTimeout(flush, BATCH_MS).unref();
      return;
    }
    if (dropped === 0) return;
    push(`"event":"lost","lines":${dropped}`);
    dropped = 0;
    timer ??= setTimeout(flush, BATCH_MS).unref();
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const upTo = added;
    writing = writing.then(() => append(upTo));
    return writing;
  };

  return {
    add(members, time) {
      if (waiting.length >= MAX_WAITING) {
        dropped++;
        return;
      }
      push(members, time);
      if (waiting.length % BATCH_LINES === 0) void flush();
      else timer ??= setTimeout(flush, BATCH_MS).unref();
    },
    failure: () => failure,
    proven: () => written > 0,
    written() {
      // Lines that are added in one turn of the event loop share a batch.
      soon ??= new Promise((resolve) => {
        setImmediate(() => {
          soon = undefined;
          resolve(flush());
        });
      });
      return soon.then(() => failure);
    },
    async close() {
      await flush();
      clearTimeout(timer);
      const lost = waiting.length + dropped;
      if (lost > 0) log.error(`${lost} lines of the audit log could not be written and are lost`);
      await file.close();
    },
  };
}
