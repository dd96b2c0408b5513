import { createHash } from 'node:crypto';
import type { Member, MemberSpec } from '../../core/contract/member.ts';
import type { PluginStore } from '../../core/contract/plugin-store.ts';
import { thrownText } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';

/** A member that may start on its first call. */
export interface LazyMember extends Member {
  /** Whether its start is still deferred. */
  idle(): boolean;
}

/** Options to recognise an unchanged source and to store its report. */
export interface LazyStartOptions {
  readonly spec: MemberSpec;
  /** Digest of the manifest. */
  readonly digest: string;
  readonly keep: PluginStore;
  /** The `start` key of the entry. */
  readonly start: unknown;
  /** Whether the plugin must start at once, for example because it has work without a call. */
  readonly urgent?: boolean;
  /** Whether a report is complete. */
  isComplete(report: JsonObject): boolean;
}

const KEY = 'report';

/**
 * Wraps a member so that, with `start: "lazy"`, it starts on its first call and offers its stored report until then. A new
 * source, or one with changed files or settings, starts at once.
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
        spec.log.warn(`the report of the plugin cannot be stored: ${thrownText(error)}`);
      }
    });
  }
  return {
    idle: () => idle,
    // Deferred on purpose, with a stored report: ready.
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
    log.warn(`the stored report of the plugin cannot be read: ${thrownText(error)}`);
    return undefined;
  }
}
