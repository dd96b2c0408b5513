import type { ToolResult } from '../../../src/core/contract/content.ts';
import type { Member } from '../../../src/core/contract/member.ts';
import type { InterceptedCall, Middleware } from '../../../src/core/contract/middleware.ts';
import { holdsExact, noteExact, restoreExact, toSafeDoubles } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { toRuntimeCaller } from '../../../src/host/node/runtime.ts';
import type { EthosReport, FilterReport } from '../report.ts';

const TOOLSET = 'toolset:';

/** A plugin's hooks and filters as middleware; undefined if it has none. */
export function toMiddleware(
  { hooks, filters }: EthosReport,
  member: Member,
  onError: 'deny' | 'allow',
  guards: boolean,
): Middleware | undefined {
  const has = (...names: string[]): boolean => names.some((name) => hooks.includes(name));
  const notify = (method: string, params: JsonObject): void => void member.request(method, params).catch(() => undefined);
  const steps: Middleware = {
    onError,
    ...(has('before_tool_call')
      ? { guard: async (passing) => toVerdict(await member.request('guard', toParams(passing)), passing.args) }
      : {}),
    ...(filters.length > 0 ? aroundCalls(filters, member) : {}),
    ...(has('after_tool_call', 'tool_end_with_path')
      ? {
          ended: (passing, result, ms) =>
            notify('ended', { ...toParams(passing), result: toSafeDoubles(toJson(result)), ms: Math.round(ms) }),
        }
      : {}),
    ...(has('session_start') ? { sessionStarted: ({ session, caller }) => notify('session', { session, profile: caller.profile }) } : {}),
  };
  return guards || Object.keys(steps).length > 1 ? steps : undefined;
}

function aroundCalls(filters: readonly FilterReport[], member: Member): Partial<Middleware> {
  return {
    appliesTo: ({ tool, origin, labels }) => filters.some((filter) => appliesTo(filter, [tool, origin.name], labels)),
    async before(passing) {
      const answer = await member.request('before', toParams(passing));
      return isJsonObject(answer) ? (answer as unknown as ToolResult) : undefined;
    },
    async after(passing, result) {
      const given = toJson(result);
      const changed = await member.request('after', { ...toParams(passing), result: toSafeDoubles(given) });
      return isJsonObject(changed) ? (restoreExact(changed, given) as unknown as ToolResult) : result;
    },
  };
}

function appliesTo({ tools, toolset }: FilterReport, names: readonly string[], labels: readonly string[]): boolean {
  if (tools === undefined && toolset === undefined) return true;
  return tools?.some((name) => names.includes(name)) === true || (toolset !== undefined && labels.includes(TOOLSET + toolset));
}

function toParams({ tool, origin, labels, args, context }: InterceptedCall): JsonObject {
  const toolset = labels.find((label) => label.startsWith(TOOLSET))?.slice(TOOLSET.length);
  return {
    tool,
    names: [tool, origin.name],
    ...(toolset === undefined ? {} : { toolset }),
    origin: { ...origin },
    args: toSafeDoubles(args),
    caller: { ...toRuntimeCaller(context) } as unknown as JsonObject,
  };
}

// The parts of a result may contain exact numbers.
function toJson(result: ToolResult): JsonObject {
  const { structured, meta, content } = result;
  const json = result as unknown as JsonObject;
  return [structured, meta, ...content].some((part) => holdsExact(part as JsonValue | undefined)) ? noteExact(json) : json;
}

function toVerdict(answer: JsonValue, given: JsonObject): Awaited<ReturnType<NonNullable<Middleware['guard']>>> {
  if (!isJsonObject(answer)) return undefined;
  if (typeof answer.refuse === 'string') return { refuse: answer.refuse };
  return isJsonObject(answer.args) ? { args: restoreExact(answer.args, given) as JsonObject } : undefined;
}
