import type { Host } from '../../src/core/contract/host.ts';
import type { Member } from '../../src/core/contract/member.ts';
import type { InterceptedCall, Middleware } from '../../src/core/contract/middleware.ts';
import type { CallContext, CallPreview } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { objectIn, textIn } from '../../src/host/group/wire.ts';
import { perHost } from '../../src/host/per-host.ts';

/** Returns a plugin's preview of a call of one of its tools. */
export type Preview = (tool: string, args: JsonObject) => Promise<CallPreview | undefined>;

/** The properties of a plugin that others use. */
interface Peer {
  /** Identifies the instance, so that a replaced plugin does not unregister its successor. */
  readonly member: Member;
  /** Tools and commands declared as auto-approved. */
  readonly autoApproved: ReadonlySet<string>;
  readonly preview: Preview | undefined;
  /** Present if it authorizes every call. */
  readonly guard: Middleware | undefined;
}

/** The jaato plugins of one gateway, by id. */
const peersOf = perHost(() => new Map<string, Peer>());

/** Registers a plugin's auto-approved tools, previews and guard for the other plugins. */
export function registerPeer(host: Host, id: string, peer: Omit<Peer, 'autoApproved'>, autoApproved: readonly string[]): void {
  peersOf(host).set(id, { ...peer, autoApproved: new Set(autoApproved) });
}

/** Unregisters a closed plugin, unless its successor has already registered. */
export function unregisterPeer(host: Host, id: string, member: Member): void {
  if (peersOf(host).get(id)?.member === member) peersOf(host).delete(id);
}

/** Handles a permission plugin's request for a preview. */
export async function previewOf(host: Host, params: JsonObject): Promise<JsonValue> {
  const [plugin, tool, args] = [textIn(params, 'plugin'), textIn(params, 'tool'), objectIn(params, 'args')];
  const preview = await peersOf(host).get(plugin)?.preview?.(tool, args);
  return preview ? { ...preview } : null;
}

/** Middleware of a permission plugin. It can ask or reject, but not override other rules. */
export function enforce(host: Host, id: string, member: Member): Middleware {
  return {
    onError: 'deny',
    async authorize({ tool, origin, args, context, agreed = false }) {
      const own = origin.format === 'jaato';
      // The permission tool itself needs no permission.
      if (origin.plugin === id && origin.name === 'askPermission') return undefined;
      const approved = own && (peersOf(host).get(origin.plugin)?.autoApproved.has(origin.name) ?? false);
      const params: JsonObject = { args, plugin: origin.plugin, autoApproved: approved, agreed };
      const { structured } = await member.call(`check:${own ? origin.name : tool}`, params, context);
      if (!isJsonObject(structured)) throw new GatewayError('PLUGIN_FAILED', 'The permission plugin returned no verdict.');
      if (structured.allowed !== true)
        return {
          refuse: typeof structured.reason === 'string' ? structured.reason : 'The permission plugin denied the call without a reason.',
        };
      return isJsonObject(structured.args) ? { args: structured.args } : undefined;
    },
  };
}

/** Runs all guards for a command, as for a call. Throws DENIED. */
export async function permitCommand(host: Host, plugin: string, name: string, args: JsonObject, context: CallContext): Promise<void> {
  const passing: InterceptedCall = { tool: name, origin: { format: 'jaato', plugin, name }, labels: [], args, context };
  for (const { guard } of peersOf(host).values()) {
    const verdict = await guard?.authorize?.(passing);
    if (verdict && 'refuse' in verdict) throw new GatewayError('DENIED', verdict.refuse, { plugin });
  }
}
