import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { shorten, showName } from '../../../src/core/text/text.ts';

// Servers attach few; a hostile one may attach thousands.
const MAX_DETAILS = 16;
const MAX_ITEMS = 32;
const MAX_LINE = 1_000;
const KNOWN = /^google\.rpc\.(BadRequest|QuotaFailure|PreconditionFailure|ErrorInfo|RetryInfo|ResourceInfo|Help|LocalizedMessage)$/;

/** What the details of a status say. */
export interface StatusDetails {
  readonly lines: readonly string[];
  /** When the call may be tried again. */
  readonly retryAfterMs?: number;
}

type Field = readonly [no: number, value: Uint8Array | number];

/** Reads a `google.rpc.Status`, as servers send it in a trailer. Never throws. */
export function readDetails(trailer: string | Buffer | undefined): StatusDetails {
  if (!Buffer.isBuffer(trailer)) return { lines: [] };
  try {
    const lines: string[] = [];
    let retryAfterMs: number | undefined;
    for (const [no, any] of fieldsOf(trailer).slice(0, MAX_DETAILS + 2)) {
      if (no !== 3 || typeof any === 'number') continue;
      const [type, value] = unpack(any);
      if (type === 'google.rpc.RetryInfo') retryAfterMs = durationOf(fieldsOf(value)) ?? retryAfterMs;
      lines.push(...describe(type, value).map((line) => shorten(line, MAX_LINE)));
    }
    return { lines, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  } catch {
    return { lines: ['The server attached details that cannot be read.'] };
  }
}

function unpack(any: Uint8Array): readonly [type: string, value: Uint8Array] {
  const fields = fieldsOf(any);
  const value = fields.find(([no]) => no === 2)?.[1];
  return [textOf(fields, 1).split('/').at(-1) ?? '', value === undefined || typeof value === 'number' ? new Uint8Array() : value];
}

function describe(type: string, value: Uint8Array): string[] {
  if (!KNOWN.test(type)) return [`(details of type ${showName(type)})`];
  const content = fieldsOf(value);
  const each = (no: number, write: (inner: readonly Field[]) => string): string[] => messagesOf(content, no).slice(0, MAX_ITEMS).map(write);
  const pair = (inner: readonly Field[], first: number, second: number): string => `${textOf(inner, first)}: ${textOf(inner, second)}`;
  switch (type) {
    case 'google.rpc.BadRequest':
      return each(1, (violation) => pair(violation, 1, 2));
    case 'google.rpc.QuotaFailure':
      return each(1, (violation) => `quota ${pair(violation, 1, 2)}`);
    case 'google.rpc.PreconditionFailure':
      return each(1, (violation) => `${textOf(violation, 1)} ${pair(violation, 2, 3)}`.trim());
    case 'google.rpc.ErrorInfo': {
      const more = messagesOf(content, 3)
        .slice(0, MAX_ITEMS)
        .map((entry) => `${textOf(entry, 1)}=${textOf(entry, 2)}`);
      return [`reason: ${textOf(content, 1)} (${textOf(content, 2)})${more.length === 0 ? '' : ` ${more.join(', ')}`}`];
    }
    case 'google.rpc.RetryInfo': {
      const ms = durationOf(content);
      return ms === undefined ? [] : [`retry after ${ms / 1000}s`];
    }
    case 'google.rpc.ResourceInfo':
      return [`resource: ${[textOf(content, 1), textOf(content, 2), textOf(content, 4)].filter((text) => text !== '').join(', ')}`];
    case 'google.rpc.Help':
      return each(1, (link) => `help: ${pair(link, 1, 2)}`);
    case 'google.rpc.LocalizedMessage':
      return [textOf(content, 2)];
    default:
      return [];
  }
}

function durationOf(content: readonly Field[]): number | undefined {
  const [delay] = messagesOf(content, 1);
  if (!delay) return undefined;
  const number = (no: number): number => Number(delay.find(([n]) => n === no)?.[1] ?? 0);
  const ms = number(1) * 1000 + number(2) / 1e6;
  return Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : undefined;
}

function messagesOf(fields: readonly Field[], wanted: number): Field[][] {
  return fields.flatMap(([no, value]) => (no === wanted && typeof value !== 'number' ? [fieldsOf(value)] : []));
}

function textOf(fields: readonly Field[], wanted: number): string {
  const value = fields.find(([no]) => no === wanted)?.[1];
  return value === undefined || typeof value === 'number' ? '' : Buffer.from(value).toString('utf8');
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const [no, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) fields.push([no, reader.bytes()]);
    else if (wire === WireType.Varint) fields.push([no, Number(reader.int64())]);
    else reader.skip(wire, no);
  }
  return fields;
}
