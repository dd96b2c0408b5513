import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import { createAudit } from '../../../src/gateway/audit/audit.ts';
import { tempFolder } from '../../support/temp.ts';

const record = { caller: '"principal":"p"', tool: '"tool":"t"', args: { secret: 'value' }, outcome: 'ok', ms: 1.25, bytes: 10 } as const;

function linesOf(dir: string): Record<string, unknown>[] {
  const file = readdirSync(dir).find((name) => name.endsWith('.jsonl')) as string;
  return readFileSync(join(dir, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('createAudit', () => {
  it('writes a line per call, with a digest instead of the arguments', { tags: ['audit-line'] }, async () => {
    const dir = join(tempFolder(), 'audit');
    const audit = createAudit(dir, () => false, silentLog, createRedactor());
    audit.record(record);
    audit.record({ ...record, outcome: 'error', code: 'CALL_TIMEOUT' });
    await audit.close();
    const [first, second] = linesOf(dir);
    expect(first).toMatchObject({ seq: 1, principal: 'p', tool: 't', outcome: 'ok', ms: 1.3, bytes: 10 });
    expect(second).toMatchObject({ seq: 2, code: 'CALL_TIMEOUT' });
    expect(first?.args).toBe(second?.args);
    expect(JSON.stringify(linesOf(dir))).not.toContain('value');
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
  });

  it('chains its batches, so that a missing line is detected', { tags: ['T25'] }, async () => {
    const dir = join(tempFolder(), 'audit');
    const audit = createAudit(dir, () => false, silentLog, createRedactor());
    for (let i = 0; i < 250; i++) audit.record(record);
    await audit.close();
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('.jsonl')) as string);
    let batch = '';
    let seals = 0;
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const { chain, previous } = JSON.parse(line) as { chain?: string; previous?: string };
      if (chain === undefined) batch += `${line}\n`;
      else {
        expect(hash('sha256', previous + batch)).toBe(chain);
        batch = '';
        seals++;
      }
    }
    expect(seals).toBe(3);
  });

  it('writes plain arguments only if configured', { tags: ['audit-line'] }, async () => {
    const dir = join(tempFolder(), 'audit');
    const audit = createAudit(dir, () => true, silentLog, createRedactor());
    audit.record(record);
    await audit.close();
    expect(linesOf(dir)[0]?.arguments).toEqual({ secret: 'value' });
  });

  it('gives equal arguments equal digests across restarts, and logs if it cannot', { tags: ['audit-line'] }, async () => {
    const dir = join(tempFolder(), 'audit');
    const lines: string[] = [];
    const run = async (): Promise<unknown> => {
      const audit = createAudit(dir, () => false, { ...silentLog, warn: (message) => void lines.push(message) }, createRedactor());
      audit.record(record);
      await audit.close();
      return linesOf(dir).findLast((line) => line.args !== undefined)?.args;
    };
    const first = await run();
    expect(await run()).toBe(first);
    expect(lines).toEqual([]);
    writeFileSync(join(dir, 'key'), '');
    expect(await run()).not.toBe(first);
    expect(lines).toEqual([expect.stringMatching(/cannot be compared with those of others: .*key cannot be used: it contains no key$/)]);
  });

  it('reports when it cannot write', { tags: ['T27'] }, async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'audit'), 'a file is in the way');
    const audit = createAudit(join(dir, 'audit'), () => false, silentLog, createRedactor());
    audit.record(record);
    await audit.close();
    expect(audit.failure()).toBeTypeOf('string');
  });
});
