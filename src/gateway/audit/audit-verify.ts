import type { JsonObject } from '../../core/json/json.ts';
import { showName } from '../../core/text/text.ts';
import type { AuditHead } from '../../store/audit-head.ts';
import { parseLine } from './audit-files.ts';
import { chainNext, chainStart } from './audit-log.ts';

/** One fault in the audit log. */
export interface AuditFault {
  readonly file?: string;
  /** The line in the file, from 1. */
  readonly line?: number;
  readonly run?: string;
  readonly message: string;
}

/** The result of checking the audit log. */
export interface AuditReport {
  readonly files: number;
  readonly runs: number;
  readonly lines: number;
  readonly faults: readonly AuditFault[];
  /** Traces of a crash, and parts that cannot be checked. */
  readonly notes: readonly string[];
}

/** Checks audit files line by line, the oldest file first. */
export interface AuditVerifier {
  line(file: string, number: number, text: string): void;
  report(): AuditReport;
}

interface Run {
  readonly id: string;
  /** The last link; undefined before the first seal. */
  chain: string | undefined;
  /** The last line read, and the last one covered by a seal. */
  seq: number;
  sealed: number;
  /** The lines since the last seal. */
  text: string;
  count: number;
  first: number;
  /** Whether a torn line was found among them. */
  torn: boolean;
  /** The complete lines of a torn batch; the batch that replaces it must begin with them. */
  again: string;
  metHead: boolean;
}

/** `heads`: the stored ends of chains. `partly`: only some files are read, so a chain may begin or end elsewhere. */
export function createAuditVerifier(heads: ReadonlyMap<string, AuditHead>, partly = false): AuditVerifier {
  const runs = new Map<string, Run>();
  const files = new Set<string>();
  const faults: AuditFault[] = [];
  const torn: string[] = [];
  const notes: string[] = [];
  let lines = 0;

  const runOf = (id: string): Run => {
    const known = runs.get(id);
    if (known) return known;
    const run: Run = { id, chain: undefined, seq: 0, sealed: 0, text: '', count: 0, first: 0, torn: false, again: '', metHead: false };
    runs.set(id, run);
    return run;
  };

  const addLine = (run: Run, seq: number, text: string, where: { file: string; line: number }): void => {
    lines++;
    // A batch that was torn by a full disk was written again as a whole.
    if (run.torn && seq <= run.seq) {
      run.again = run.text;
      startBatch(run);
    }
    const isFirst = run.chain === undefined && run.count === 0 && run.seq === 0;
    if (seq !== run.seq + 1 && !(isFirst && partly)) {
      const message =
        seq > run.seq + 1
          ? `${span(run.seq + 1, seq - 1)} of run ${run.id} is missing before this one`
          : `line ${seq} of run ${run.id} follows line ${run.seq}: the lines were reordered or repeated`;
      faults.push({ ...where, run: run.id, message });
    }
    run.seq = seq;
    if (run.count++ === 0) run.first = where.line;
    run.text += `${text}\n`;
  };

  const addSeal = (run: Run, seal: JsonObject, text: string, where: { file: string; line: number }): void => {
    const fault = isPlainSeal(seal, text) ? sealFault(run, seal, partly) : `this seal of run ${show(run.id)} was edited`;
    run.again = '';
    if (fault !== undefined) faults.push({ ...where, run: run.id, message: fault });
    run.chain = String(seal.chain);
    run.sealed = run.seq;
    if (heads.get(run.id)?.chain === run.chain) run.metHead = true;
    startBatch(run);
  };

  return {
    line(file, number, text) {
      files.add(file);
      const value = parseLine(text);
      const where = { file, line: number };
      const id = value?.run;
      if (value ? typeof id !== 'string' : !looksTorn(text)) {
        faults.push({ ...where, message: 'this line was not written by a gateway' });
      } else if (!value || typeof id !== 'string') {
        torn.push(`${file}:${number}`);
        for (const run of runs.values()) if (run.count > 0) run.torn = true;
      } else if (typeof value.chain === 'string' && value.time === undefined) addSeal(runOf(id), value, text, where);
      else addLine(runOf(id), Number(value.seq), text, where);
    },
    report() {
      if (torn.length > 0)
        notes.push(`${count(torn.length, 'line')} cannot be read, probably after a crash or a full disk: ${torn.slice(0, 5).join(', ')}`);
      for (const run of runs.values()) {
        if (run.count > 0)
          notes.push(
            `the last ${count(run.count, 'line')} of run ${show(run.id)} ${run.count === 1 ? 'has' : 'have'} no seal, probably after a crash`,
          );
        if (!heads.has(run.id)) notes.push(`the end of run ${show(run.id)} is not in the store, so a truncated log would not be detected`);
      }
      for (const [id, head] of heads) {
        const message = headFault(runs.get(id), head);
        if (message !== undefined) faults.push({ file: head.file, run: id, message });
      }
      return { files: files.size, runs: runs.size, lines, faults, notes };
    },
  };
}

function startBatch(run: Run): void {
  run.seq = run.sealed;
  run.text = '';
  run.count = 0;
  run.torn = false;
}

function isPlainSeal({ run, seq, lines, previous, chain }: JsonObject, text: string): boolean {
  return JSON.stringify({ run, seq, lines, previous, chain }) === text;
}

function sealFault(run: Run, seal: JsonObject, partly: boolean): string | undefined {
  const { seq, previous, chain, lines } = seal;
  const before = run.chain ?? (partly ? String(previous) : chainStart(run.id));
  if (previous !== before) {
    return run.chain === undefined
      ? `run ${show(run.id)} begins in the middle: its first lines are missing`
      : `a batch of run ${show(run.id)} before this seal is missing or was rewritten`;
  }
  const place = run.count === 0 ? '' : ` (from line ${run.first} of the file on)`;
  if (lines !== run.count) return `this seal of run ${show(run.id)} covers ${String(lines)} lines, but ${run.count} precede it${place}`;
  if (seq !== run.seq) return `this seal of run ${show(run.id)} ends at line ${String(seq)}, but line ${run.seq} precedes it${place}`;
  if (!run.text.startsWith(run.again)) return `lines of run ${show(run.id)} before a torn line are not covered by this seal${place}`;
  if (chainNext(before, run.text) !== chain) return `a line under this seal of run ${show(run.id)} was changed, moved or replaced${place}`;
  return undefined;
}

function headFault(run: Run | undefined, { seq, file }: AuditHead): string | undefined {
  if (!run) return `the lines of this run are missing: it wrote ${seq} of them, the last ones to ${file}`;
  if (run.metHead) return undefined;
  if (run.sealed < seq) return `its end is cut off: line ${seq} was written, but line ${run.sealed} is the last sealed one`;
  return `its chain was rewritten: it differs at line ${seq}`;
}

// A crash leaves the beginning of a line, or zeros if the file system had not written the data yet.
function looksTorn(text: string): boolean {
  const start = text.slice(0, WIDTH);
  return STARTS.some((whole) => whole.startsWith(start)) || text.startsWith('\u0000');
}

const STARTS = ['{"seq":', '{"run":'];
const WIDTH = 7;

function span(from: number, to: number): string {
  return from === to ? `line ${from}` : `lines ${from} to ${to}`;
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

function show(run: string): string {
  return showName(run);
}
