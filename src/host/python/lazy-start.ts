import { createHash } from 'node:crypto';
import type { Member, MemberSpec } from '../../core/contract/member.ts';
import type { PluginStore } from '../../core/contract/plugin-store.ts';
import { thrownText } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';

/** A member that may wait with its start until somebody calls. */
export interface LazyMember extends Member {
  /** Nobody has needed its process so far. */
  idle(): boolean;
}

/** What is needed to know a source again, and to keep what it reported. */
export interface LazyStartOptions {
  readonly spec: MemberSpec;
  /** The manifest's. */
  readonly digest: string;
  readonly keep: PluginStore;
  /** The entry's `start`. */
  readonly start: unknown;
  /** There is something to be done at its start, whoever calls later. */
  readonly urgent?: boolean;
  /** Whether a report is that of a plugin that has said all. */
  isComplete(report: JsonObject): boolean;
}

const KEY = 'report';

/**
 * A member that starts with its first call where `start` is "lazy": until then it offers what it reported the last time.
 * A source that is new or has changed, or whose settings have, starts at once, to be described.
 */
export function startOnFirstCall(member: Member, { spec, digest, keep, start, urgent, isComplete }: LazyStartOptions): LazyMember {
  const isLazy = start === 'lazy';
  const { params, env, cwd, runtime } = spec;
  const mark = isLazy
    ? createHash('sha256')
        .update(JSON.stringify([digest, params, env, cwd, runtime]))
        .digest('hex')
    : '';
  const remembered = isLazy && !urgent ? recall(keep, mark, spec) : undefined;
  let idle = remembered !== undefined;
  let last: JsonObject | undefined;
  const complete = (): JsonObject | undefined => {
    const report = member.report();
    return report && isComplete(report) ? report : undefined;
  };
  if (isLazy) {
    member.onChange(() => {
      const report = complete();
      if (report === undefined || report === last || member.state() !== 'ready') return;
      last = report;
      try {
        keep.set(KEY, toJsonText({ mark, report }));
      } catch (error) {
        spec.log.warn(`what it offers cannot be remembered: ${thrownText(error)}`);
      }
    });
  }
  return {
    idle: () => idle,
    // It waits on purpose, and offers what it has reported before.
    state: () => (idle && member.state() === 'opening' ? 'ready' : member.state()),
    error: () => member.error(),
    report: () => complete() ?? remembered ?? member.report(),
    start: () => (idle ? Promise.resolve() : member.start()),
    late: () => member.late(),
    call(tool, args, ctx) {
      idle = false;
      return member.call(tool, args, ctx);
    },
    request(method, params) {
      idle = false;
      return member.request(method, params);
    },
    onChange: (listener) => member.onChange(listener),
    leave: () => member.leave(),
  };
}

function recall(keep: PluginStore, mark: string, { checkReport, log }: MemberSpec): JsonObject | undefined {
  try {
    const known = parseExact(keep.get(KEY) ?? 'null');
    if (!isJsonObject(known) || known.mark !== mark || !isJsonObject(known.report)) return undefined;
    checkReport?.(known.report);
    return known.report;
  } catch (error) {
    log.warn(`what it offered the last time cannot be read: ${thrownText(error)}`);
    return undefined;
  }
}
