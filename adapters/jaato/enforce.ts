import { GatewayError } from '../../src/core/errors.ts';
import type { Host, Member } from '../../src/core/host.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Middleware, Passing } from '../../src/core/middleware.ts';
import type { CallContext, CallPreview } from '../../src/core/tool.ts';

/** What the jaato plugins of one gateway know of each other. */
interface Shared {
  /** Tools and commands that were declared to need no prompt, by plugin. */
  readonly autoApproved: Map<string, ReadonlySet<string>>;
  /** Plugins that say something of their calls to the person who is asked, by id. */
  readonly previews: Map<string, Preview>;
  /** Permission plugins that decide before every call, by id. */
  readonly guards: Map<string, Middleware>;
}

/** What a plugin says of one call of a tool of its own. */
export type Preview = (tool: string, args: JsonObject) => Promise<CallPreview | undefined>;

const everyone = new WeakMap<Host, Shared>();

function sharedOf(host: Host): Shared {
  const shared = everyone.get(host) ?? { autoApproved: new Map(), previews: new Map(), guards: new Map() };
  everyone.set(host, shared);
  return shared;
}

/** Notes what a permission plugin is told: what needs no prompt, and what is said of a call that needs one. */
export function note(host: Host, plugin: string, autoApproved: readonly string[], preview: Preview | undefined): void {
  const shared = sharedOf(host);
  shared.autoApproved.set(plugin, new Set(autoApproved));
  if (preview) shared.previews.set(plugin, preview);
  else shared.previews.delete(plugin);
}

/** What the runtime of a permission plugin asks while it decides. */
export async function answerGuard(host: Host, method: string, { plugin, tool, args }: JsonObject): Promise<JsonValue> {
  if (method !== 'preview') throw new GatewayError('METHOD_NOT_FOUND', `The adapter answers no "${method}".`);
  const preview = await sharedOf(host).previews.get(String(plugin))?.(String(tool), args as JsonObject);
  return preview ? { ...preview } : null;
}

/** A permission plugin that decides before every call of every plugin. It asks or refuses; it loosens nothing. */
export function enforce(host: Host, id: string, member: Member): Middleware {
  const { autoApproved, guards } = sharedOf(host);
  const guard: Middleware = {
    onError: 'deny',
    async permit({ tool, origin, args, context, agreed = false }) {
      const own = origin.format === 'jaato';
      // Asking for permission cannot itself need one.
      if (origin.plugin === id && origin.name === 'askPermission') return undefined;
      const approved = own && (autoApproved.get(origin.plugin)?.has(origin.name) ?? false);
      const params: JsonObject = { args, plugin: origin.plugin, autoApproved: approved, agreed };
      const { structured } = await member.call(`check:${own ? origin.name : tool}`, params, context);
      if (!isJsonObject(structured)) throw new GatewayError('PLUGIN_FAILED', 'The permission plugin gave no verdict.');
      if (structured.allowed !== true) return { refuse: String(structured.reason) };
      return isJsonObject(structured.args) ? { args: structured.args } : undefined;
    },
  };
  guards.set(id, guard);
  return guard;
}

/** A guard that is no more. */
export function release(host: Host, id: string): void {
  const shared = everyone.get(host);
  shared?.autoApproved.delete(id);
  shared?.previews.delete(id);
  shared?.guards.delete(id);
}

/** A command runs like a call: whoever guards calls decides about it too. Throws DENIED. */
export async function permitCommand(host: Host, plugin: string, name: string, args: JsonObject, context: CallContext): Promise<void> {
  const passing: Passing = { tool: name, origin: { format: 'jaato', plugin, name }, labels: [], args, context };
  for (const guard of sharedOf(host).guards.values()) {
    const verdict = await guard.permit?.(passing);
    if (verdict && 'refuse' in verdict) throw new GatewayError('DENIED', verdict.refuse, { plugin });
  }
}
