import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import { createAudit } from '../../../src/gateway/audit/audit.ts';
import { listDayFiles, readLines, readLinesBackwards } from '../../../src/gateway/audit/audit-files.ts';
import { type AuditHeads, createAuditHeads } from '../../../src/gateway/audit/audit-heads.ts';
import { chainNext, chainStart } from '../../../src/gateway/audit/audit-log.ts';
import { type AuditReport, createAuditVerifier } from '../../../src/gateway/audit/audit-verify.ts';
import { createStore } from '../../../src/store/store.ts';
import { tempFolder } from '../../support/temp.ts';

const call = { caller: '"principal":"p"', tool: '"tool":"t"', args: { a: 1 }, outcome: 'ok', ms: 1, bytes: 1 } as const;

interface Log {
  readonly dir: string;
  readonly state: string;
  /** Writes one run of batches with the given numbers of lines. */
  run(batches: readonly number[], how?: { heads?: boolean }): Promise<void>;
  lines(name?: string): string[];
  write(lines: readonly string[], name?: string): void;
  verify(): AuditReport;
}

function openLog(): Log {
  const state = tempFolder();
  const dir = join(state, 'audit');
  const today = (): string => readdirSync(dir).find((name) => name.endsWith('.jsonl')) as string;
  return {
    dir,
    state,
    async run(batches, { heads = true } = {}) {
      const store = createStore(state);
      const audit = createAudit(dir, () => false, silentLog, createRedactor(), heads ? createAuditHeads(store, silentLog) : undefined);
      for (const lines of batches) {
        for (let i = 0; i < lines; i++) audit.record(call);
        await audit.written();
      }
      await audit.close();
      store.close();
    },
    lines: (name = today()) => readFileSync(join(dir, name), 'utf8').trimEnd().split('\n'),
    write: (lines, name = today()) => writeFileSync(join(dir, name), lines.map((line) => `${line}\n`).join('')),
    verify() {
      const store = createStore(state);
      const verifier = createAuditVerifier(store.auditHeads.all());
      for (const name of listDayFiles(dir)) {
        let number = 0;
        for (const line of readLines(dir, name)) verifier.line(name, ++number, line);
      }
      store.close();
      return verifier.report();
    },
  };
}

const isSeal = (line: string): boolean => line.includes('"chain"');

/** A forgery by an attacker who knows the format: a valid chain over other lines. */
function rechain(lines: readonly string[]): string[] {
  let text = '';
  let count = 0;
  let chain = '';
  return lines.map((line) => {
    const value = JSON.parse(line) as { run: string; seq: number };
    chain ||= chainStart(value.run);
    if (!isSeal(line)) {
      text += `${line}\n`;
      count++;
      return line;
    }
    const seal = { run: value.run, seq: value.seq, lines: count, previous: chain, chain: chainNext(chain, text) };
    ({ chain } = seal);
    [text, count] = ['', 0];
    return JSON.stringify(seal);
  });
}

describe('the check of the audit log', () => {
  it('finds no fault in intact runs, sequential and concurrent', { tags: ['audit-verify'] }, async () => {
    const log = openLog();
    await log.run([1, 2, 100, 150]);
    await Promise.all([log.run([3, 3, 3]), log.run([2, 2, 2])]);
    const report = log.verify();
    expect(report).toMatchObject({ files: 1, runs: 3, lines: 268, faults: [], notes: [] });
  });

  it.each<[string, RegExp, (lines: string[]) => string[]]>([
    [
      'an edited line',
      /was changed, moved or replaced/,
      (lines) => lines.with(1, (lines[1] as string).replace('"outcome":"ok"', '"outcome":"error"')),
    ],
    ['a deleted line', /line 2 of run \w+ is missing/, (lines) => lines.toSpliced(1, 1)],
    ['reordered lines', /follows line|is missing before/, (lines) => lines.with(0, lines[1] as string).with(1, lines[0] as string)],
    ['a deleted batch in the middle', /is missing or was rewritten|is missing before/, (lines) => lines.toSpliced(4, 4)],
    ['a deleted first batch', /begins in the middle/, (lines) => lines.slice(4)],
    ['an added line', /covers 3 lines, but 4 precede it|follows line/, (lines) => lines.toSpliced(2, 0, lines[1] as string)],
    ['a deleted seal', /begins in the middle/, (lines) => lines.toSpliced(3, 1)],
    ['a cut tail without its seal', /its end is cut off: line 9 was written, but line 6/, (lines) => lines.slice(0, -2)],
    ['a removed last seal', /its end is cut off: line 9 was written, but line 6/, (lines) => lines.slice(0, -1)],
    ['a removed last batch', /its end is cut off: line 9 was written, but line 6/, (lines) => lines.slice(0, -4)],
    [
      'a chain that was rewritten over an edited line',
      /its chain was rewritten/,
      (lines) => rechain(lines.with(1, (lines[1] as string).replace('ok', 'no'))),
    ],
    [
      'a chain that was rewritten over fewer lines',
      /its end is cut off|its chain was rewritten/,
      (lines) => rechain(lines.toSpliced(0, 1)),
    ],
    ['an emptied file', /the lines of this run are missing: it wrote 9/, () => []],
    ...['{"time":1,"tool":"forged","outcome":"ok"}', '{"time":1,"run":5}', '[1]', '"x"', 'a word', '{"time":1,"ru'].map(
      (forged): [string, RegExp, (lines: string[]) => string[]] => [
        `the foreign line ${forged}`,
        /this line was not written by a gateway/,
        (lines) => lines.toSpliced(1, 0, forged),
      ],
    ),
    [
      'other lines before a torn one',
      /before a torn line are not covered by this seal/,
      (lines) => [(lines[0] as string).replace('"ok"', '"no"'), '{"seq":2,"time"', ...lines],
    ],
  ])('finds %s', { tags: ['audit-verify'] }, async (_, expected, change) => {
    const log = openLog();
    await log.run([3, 3, 3]);
    log.write(change(log.lines()));
    expect(
      log
        .verify()
        .faults.map(({ message }) => message)
        .join('\n'),
    ).toMatch(expected);
  });

  it('finds a removed file, the first of two days and the last', { tags: ['audit-verify'] }, async () => {
    const log = openLog();
    await log.run([3, 3, 3]);
    const lines = log.lines();
    const [name] = listDayFiles(log.dir) as [string];
    // As if the day had changed during the run.
    const days = (): void => {
      log.write(lines.slice(0, 4), '2000-01-01.jsonl');
      log.write(lines.slice(4), name);
    };
    days();
    expect(log.verify()).toMatchObject({ files: 2, faults: [] });
    rmSync(join(log.dir, '2000-01-01.jsonl'));
    expect(log.verify().faults.length).toBeGreaterThan(0);
    days();
    rmSync(join(log.dir, name));
    expect(log.verify().faults).toMatchObject([{ message: expect.stringContaining('its end is cut off') }]);
    rmSync(log.dir, { recursive: true });
    expect(log.verify().faults).toMatchObject([{ message: expect.stringContaining('the lines of this run are missing') }]);
  });

  it('finds any change of any line', { tags: ['audit-verify'] }, async () => {
    const log = openLog();
    await log.run([2, 1, 4]);
    const lines = log.lines();
    const text = `${lines.join('\n')}\n`;
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 33, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        fc.pre(changed !== text);
        const verifier = createAuditVerifier(readHeads(log.state));
        for (const [i, line] of changed.trimEnd().split('\n').entries()) verifier.line('f', i + 1, line);
        return verifier.report().faults.length > 0;
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('accepts the traces of a crash: no head, an older head, a torn line, a batch without its seal', {
    tags: ['audit-verify'],
  }, async () => {
    const log = openLog();
    await log.run([3, 3], { heads: false });
    expect(log.verify()).toMatchObject({ faults: [], notes: [expect.stringContaining('is not in the store')] });
    const other = openLog();
    await other.run([3]);
    const [name] = listDayFiles(other.dir) as [string];
    appendFileSync(join(other.dir, name), '{"seq":4,"time":1,"run":"');
    await other.run([2]);
    const report = other.verify();
    expect(report.faults).toEqual([]);
    expect(report.notes).toEqual([expect.stringContaining('cannot be read')]);
  });

  it('does not treat an unreadable store or an invalid head as a missing head', { tags: ['audit-verify'] }, async () => {
    const log = openLog();
    await log.run([3]);
    const store = createStore(log.state);
    // As a gateway of an older version would leave it.
    const [run] = store.auditHeads.all().keys();
    store.set('audit-heads', run as string, '{}');
    store.close();
    expect(log.verify().faults).toMatchObject([{ message: expect.stringContaining('its end is cut off') }]);
  });
});

describe('the ends of the chains', () => {
  it('are stored with the first batch, and survive a store that is locked for a while', { tags: ['audit-verify'] }, async () => {
    const state = tempFolder();
    const store = createStore(state);
    const table = store.auditHeads;
    let locked = true;
    const heads: AuditHeads = createAuditHeads({ auditHeads: { ...table, note: (...of) => !locked && table.note(...of) } }, silentLog);
    heads.save('r', { seq: 1, chain: 'a', file: 'f' });
    expect(table.all().size).toBe(0);
    locked = false;
    heads.save('r', { seq: 2, chain: 'b', file: 'f' });
    heads.close();
    expect(table.all().get('r')).toEqual({ seq: 2, chain: 'b', file: 'f' });
    store.close();
  });
});

describe('lines of a file', () => {
  it('are the same read backwards and forwards, for any lengths', () => {
    const dir = tempFolder();
    mkdirSync(dir, { recursive: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-zäß]{1,9}$/), fc.nat(9000))), (parts) => {
        const lines = parts.map(([text, times]) => text.repeat(1 + times));
        writeFileSync(join(dir, 'f'), lines.map((line) => `${line}\n`).join(''));
        expect([...readLinesBackwards(dir, 'f')].reverse()).toEqual(lines);
        expect([...readLines(dir, 'f')]).toEqual(lines);
      }),
      { seed: 1, numRuns: 40 },
    );
  });
});

function readHeads(state: string) {
  const store = createStore(state);
  try {
    return store.auditHeads.all();
  } finally {
    store.close();
  }
}
