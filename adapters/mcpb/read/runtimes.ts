import { basename } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Bundle } from './bundle.ts';

/** What is wrong with the runtimes that a bundle asks for, as far as it can be known without running anything. */
export function runtimeProblems({ runtimes, type }: Bundle, command: string): Problem[] {
  const problems: Problem[] = [];
  for (const [name, range] of Object.entries(runtimes))
    if (satisfies('0.0.0', range) === undefined)
      problems.push({ subject: 'runtimes', message: `manifest.json: the range "${range}" of ${name} cannot be read and is ignored.` });
  const { node } = runtimes;
  const isOwn = command === process.execPath || /^node(\.exe)?$/i.test(basename(command));
  if (type === 'node' && node !== undefined && isOwn && satisfies(process.versions.node, node) === false)
    problems.push({
      subject: 'runtimes',
      message: `The bundle asks for Node ${node}; the gateway runs on ${process.versions.node}.`,
      fix: 'If its server fails, put a fitting Node first on PATH.',
    });
  return problems;
}

/** Whether a version lies in a range of semantic versions; comparators may also have commas between them. Undefined: it is no range. */
export function satisfies(version: string, range: string): boolean | undefined {
  const actual = numbersOf(version);
  let isAny = false;
  for (const part of range.split('||')) {
    const comparators = part
      .replace(/([<>=^~!]+)\s+/g, '$1')
      .split(/[\s,]+/)
      .filter((text) => text !== '');
    let isAll = true;
    for (const text of comparators) {
      const [, sign = '', wanted = ''] = /^(>=|<=|>|<|={1,2}|\^|~=?|)v?(\*|x|\d+(?:\.(?:\d+|x|\*))*)(?:[-+].*)?$/i.exec(text) ?? [];
      if (wanted === '') return undefined;
      isAll &&= holds(actual, sign, wanted);
    }
    isAny ||= isAll;
  }
  return isAny;
}

function holds(actual: readonly number[], sign: string, wanted: string): boolean {
  const parts = wanted.split('.').filter((part) => /^\d+$/.test(part));
  const numbers = numbersOf(parts.join('.'));
  const order = compare(actual, numbers);
  switch (sign) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0 || startsWith(actual, parts);
    case '<':
      return order < 0;
    case '^':
      return order >= 0 && startsWith(actual, numbers[0] === 0 ? parts.slice(0, 2) : parts.slice(0, 1));
    case '~':
    case '~=':
      return order >= 0 && startsWith(actual, parts.slice(0, 2));
    default:
      return startsWith(actual, parts);
  }
}

function startsWith(actual: readonly number[], parts: readonly string[]): boolean {
  return parts.every((part, i) => actual[i] === Number(part));
}

function numbersOf(version: string): number[] {
  const parts = version.split(/[-+]/)[0]?.split('.').map(Number) ?? [];
  return [0, 1, 2].map((i) => (Number.isFinite(parts[i]) ? (parts[i] as number) : 0));
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [i, number] of one.entries()) if (number !== other[i]) return number - (other[i] ?? 0);
  return 0;
}
