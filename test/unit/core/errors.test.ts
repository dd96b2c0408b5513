import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../src/core/error-codes.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function sources(dir: string): string[] {
  return readdirSync(join(ROOT, dir), { withFileTypes: true, recursive: true })
    .filter((item) => item.isFile() && item.name.endsWith('.ts') && item.name !== 'error-codes.ts')
    .map((item) => readFileSync(join(item.parentPath, item.name), 'utf8'));
}

describe('the error catalogue', () => {
  it('equals the table of its README', { tags: ['errors-documented'] }, () => {
    const readme = readFileSync(join(ROOT, 'src/core/README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)`(?: \(([A-Z_]+)\))? \| (.+) \| (.+) \|$/gm)].map(
      ([, code, outcome, meaning, fix]) => ({ code, outcome, meaning, fix }),
    );
    const catalogue = Object.entries(ERROR_CODES).map(([code, info]) => ({
      code,
      outcome: 'outcome' in info ? info.outcome : undefined,
      meaning: info.meaning,
      fix: info.fix,
    }));
    expect(rows).toEqual(catalogue);
  });

  it('is sorted', () => {
    expect(Object.keys(ERROR_CODES)).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('contains only codes that are raised', { tags: ['errors-documented'] }, () => {
    const text = [...sources('src'), ...sources('adapters')].join('\n');
    expect(Object.keys(ERROR_CODES).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('GatewayError', () => {
  it('sends clients neither stack nor cause', { tags: ['error-object'] }, () => {
    const error = new GatewayError('CALL_TIMEOUT', 'too late', { plugin: 'p', tool: 't', cause: new Error('inner') });
    const object = error.toObject();
    expect(object).toEqual({
      code: 'CALL_TIMEOUT',
      outcome: 'SENT_NO_REPLY',
      message: 'too late',
      fix: ERROR_CODES.CALL_TIMEOUT.fix,
      plugin: 'p',
      tool: 't',
      ref: error.ref,
    });
    expect(error.ref).toMatch(/^[0-9a-f]{8}$/);
  });

  it('converts any thrown value', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const thrown of [undefined, null, 1, 'text', { a: 1 }, circle, Symbol('s')]) expect(toError(thrown)).toBeInstanceOf(Error);
  });
});
