import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../../config/config.ts';
import type { Adapter } from '../../../core/contract/adapter.ts';
import { GatewayError, toError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json/json.ts';
import { listDayFiles, parseLine, readLines, readLinesBackwards } from '../../../gateway/audit/audit-files.ts';
import { type AuditFault, type AuditReport, createAuditVerifier } from '../../../gateway/audit/audit-verify.ts';
import type { AuditHead } from '../../../store/audit-head.ts';
import { createStore } from '../../../store/store.ts';
import { type CommonOptions, openSession, UsageError } from '../../context.ts';
import { columns, print } from '../../print.ts';
import { ownRedactor } from '../../redactor.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;
const FIRST_PAGE = 50;
/** Gateways write in batches side by side, so lines are only roughly in order of time. */
const DISORDER_MS = 60_000;

/** `plugmux audit`: verifies the audit log and shows its lines. */
export function addAudit(program: Command, adapters: readonly Adapter[]): void {
  const audit = program.command('audit').description('verify or show the audit log');
  audit
    .command('verify')
    .description('check that no line of the audit log was changed, moved or removed')
    .option('--day <date>', 'only the file of this day, such as 2026-11-30')
    .option('--archive <folder...>', 'folders with older files; they are checked as if they had not been moved')
    .option('--anchor', 'print the ends of the chains, to store them where users of this machine cannot change them')
    .option('--json', 'print JSON')
    .action((options: VerifyOptions) => verify(openSession(options, adapters, { here: true, quiet: true }).config, options));
  audit
    .command('show')
    .description('show the newest lines of the audit log')
    .option('--since <time>', 'from this time on: a date, a time, or how long ago, such as 30m, 12h or 7d')
    .option('--tool <name>', 'only calls of this tool, by its public name')
    .option('--limit <number>', `the maximum number of lines; ${FIRST_PAGE} without --since`)
    .option('--json', 'print each line as it was written')
    .action((options: ShowOptions) => show(openSession(options, adapters, { here: true, quiet: true }).config, options));
}

interface VerifyOptions extends CommonOptions {
  readonly day?: string;
  readonly anchor?: boolean;
  readonly archive?: readonly string[];
}

function verify(config: Config, { day, anchor, archive = [], json }: VerifyOptions): void {
  if (day !== undefined && !DAY.test(day)) throw new UsageError(`"${day}" is not a day.`, 'Write it as 2026-11-30.');
  const dir = join(config.state, 'audit');
  // Read before the files, so a gateway that writes meanwhile is ahead of the stored ends, never behind.
  const { heads, faults } = readHeads(config.state);
  if (anchor === true) {
    if (faults.length > 0) throw new GatewayError('STATE_STORE_UNAVAILABLE', faults.map(({ message }) => message).join('\n'));
    const rows = [...heads].map(([run, head]) => ({ run, ...head }));
    return print(rows, json, () => columns(rows.map(({ run, seq, chain, file }) => [run, String(seq), chain, file])));
  }
  const expected = day === undefined ? heads : new Map([...heads].filter(([, { file }]) => file === `${day}.jsonl`));
  const verifier = createAuditVerifier(expected, day !== undefined);
  const read = new Set<string>();
  for (const { folder, name } of dayFilesIn([...archive.map(existingFolder), dir])) {
    if (day !== undefined && name !== `${day}.jsonl`) continue;
    read.add(name);
    let number = 0;
    for (const line of readLines(folder, name)) verifier.line(name, ++number, line);
  }
  const report = verifier.report();
  const all = { ...report, faults: [...faults, ...report.faults] };
  print(ownRedactor.value({ whole: all.faults.length === 0, ...all }), json, () => ownRedactor.text(describeReport(all, dir, read)));
  if (all.faults.length > 0) process.exitCode = 1;
}

function existingFolder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new UsageError(`There is no folder ${path}.`, 'Name the folder that the files were moved to.');
}

// Sorted by day across folders.
function dayFilesIn(folders: readonly string[]): { folder: string; name: string }[] {
  const all = folders.flatMap((folder) => listDayFiles(folder).map((name) => ({ folder, name })));
  return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function readHeads(state: string): { heads: ReadonlyMap<string, AuditHead>; faults: readonly AuditFault[] } {
  const store = createStore(state);
  try {
    return { heads: store.auditHeads.all(), faults: [] };
  } catch (error) {
    return {
      heads: new Map(),
      faults: [{ message: `the ends of the chains cannot be read, so removed last lines would go unnoticed: ${toError(error).message}` }],
    };
  } finally {
    store.close();
  }
}

function describeReport({ files, runs, lines, faults, notes }: AuditReport, dir: string, read: ReadonlySet<string>): string {
  const found = `${lines} lines of ${runs} runs in ${files} files below ${dir}`;
  const shown = faults.map(({ file, line, run, message }) => {
    const place = file === undefined || file === '' ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
    return `FAULT ${place}${run === undefined || message.includes(run) ? '' : `run ${run}: `}${message}`;
  });
  const lacksFile = faults.some(({ file = '' }) => file !== '' && !read.has(file));
  const hint = lacksFile ? ['If a file was moved away on purpose, name its folder: --archive <folder>.'] : [];
  const verdict = faults.length === 0 ? `The audit log is complete: ${found}.` : `The audit log was tampered with or damaged: ${found}.`;
  return [...shown, ...hint, ...notes.map((note) => `note: ${note}`), verdict].join('\n');
}

interface ShowOptions extends CommonOptions {
  readonly since?: string;
  readonly tool?: string;
  readonly limit?: string;
}

function show(config: Config, { since, tool, limit, json }: ShowOptions): void {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : toTime(since);
  const max = limit === undefined ? (since === undefined ? FIRST_PAGE : Number.POSITIVE_INFINITY) : Number(limit);
  if (!(max >= 1)) throw new UsageError(`"${limit}" is not a number of lines.`, 'Give a number from 1 on.');
  const found: { text: string; value: JsonObject }[] = [];
  for (const line of newestFirst(join(config.state, 'audit'))) {
    const { time } = line.value;
    if (typeof time !== 'number') continue;
    if (time < from - DISORDER_MS || found.length >= max) break;
    if (time >= from && (tool === undefined || line.value.tool === tool)) found.push(line);
  }
  found.reverse();
  if (json) return void process.stdout.write(found.map(({ text }) => `${ownRedactor.text(text)}\n`).join(''));
  print(undefined, false, () => (found.length === 0 ? 'No lines.' : ownRedactor.text(columns(found.map(({ value }) => toRow(value))))));
}

function* newestFirst(dir: string): Generator<{ text: string; value: JsonObject }> {
  for (const name of [...listDayFiles(dir)].reverse()) {
    for (const text of readLinesBackwards(dir, name)) {
      const value = parseLine(text);
      if (value && value.chain === undefined) yield { text, value };
    }
  }
}

function toRow({ time, event, seq: _seq, run: _run, ...fields }: JsonObject): string[] {
  const at = new Date(Number(time)).toISOString();
  if (event !== undefined) {
    return [
      at,
      String(event),
      Object.entries(fields)
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' '),
    ];
  }
  const { principal, transport, client, tool, outcome, code, ms } = fields;
  const by = [principal, transport, client].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return [at, String(tool), `${String(outcome)}${code === undefined ? '' : ` ${String(code)}`}, ${String(ms)} ms, by ${by}`];
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toTime(text: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const time = unit === undefined ? Date.parse(text) : Date.now() - Number(number) * (UNITS[unit] as number);
  if (Number.isNaN(time))
    throw new UsageError(`"${text}" is not a time.`, 'Write 2026-11-30, 2026-11-30T12:00:00Z, or how long ago: 30m, 12h, 7d.');
  return time;
}
