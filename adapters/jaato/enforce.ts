import type { Host, Member } from '../../src/core/contract/host.ts';
import type { InterceptedCall, Middleware } from '../../src/core/contract/middleware.ts';
import type { CallContext, CallPreview } from '../../src/core/contract/tool.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { objectIn, textIn } from '../../src/host/group/wire.ts';

/** What a plugin says of one call of a tool of its own. */
export type Preview = (tool: string, args: JsonObject) => Promise<CallPreview | undefined>;

/** What other plugins need to know of one. */
interface Peer {
  /** Its member: a plugin that was replaced takes nothing of its successor with it. */
  readonly member: Member;
  /** Tools and commands that were declared to need no prompt. */
  readonly autoApproved: ReadonlySet<string>;
  readonly preview: Preview | undefined;
  /** There where it decides before every call. */
  readonly guard: Middleware | undefined;
}

/** The jaato plugins of one gateway, by id. */
const peersByHost = new WeakMap<Host, Map<string, Peer>>();

function peersOf(host: Host): Map<string, Peer> {
  const peers = peersByHost.get(host) ?? new Map<string, Peer>();
  peersByHost.set(host, peers);
  return peers;
}

/** Registers a plugin with the others: its tools that need no prompt, its previews and whether it guards calls. */
export function registerPeer(host: Host, id: string, peer: Omit<Peer, 'autoApproved'>, autoApproved: readonly string[]): void {
  peersOf(host).set(id, { ...peer, autoApproved: new Set(autoApproved) });
}

/** Unregisters a closed plugin, unless its successor has already registered. */
export function unregisterPeer(host: Host, id: string, member: Member): void {
  if (peersOf(host).get(id)?.member === member) peersOf(host).delete(id);
}

/** What the runtime of a permission plugin asks while it decides. */
export async function previewOf(host: Host, params: JsonObject): Promise<JsonValue> {
  const [plugin, tool, args] = [textIn(params, 'plugin'), textIn(params, 'tool'), objectIn(params, 'args')];
  const preview = await peersOf(host).get(plugin)?.preview?.(tool, args);
  return preview ? { ...preview } : null;
}

/** A permission plugin that decides before every call of every plugin. It asks or refuses; it loosens nothing. */
export function enforce(host: Host, id: string, member: Member): Middleware {
  return {
    onError: 'deny',
    async authorize({ tool, origin, args, context, agreed = false }) {
      const own = origin.format === 'jaato';
      // Asking for permission cannot itself need one.
      if (origin.plugin === id && origin.name === 'askPermission') return undefined;
      const approved = own && (peersOf(host).get(origin.plugin)?.autoApproved.has(origin.name) ?? false);
      const params: JsonObject = { args, plugin: origin.plugin, autoApproved: approved, agreed };
      const { structured } = await member.call(`check:${own ? origin.name : tool}`, params, context);
      if (!isJsonObject(structured)) throw new GatewayError('PLUGIN_FAILED', 'The permission plugin gave no verdict.');
      if (structured.allowed !== true)
        return { refuse: typeof structured.reason === 'string' ? structured.reason : 'The permission plugin gave no reason.' };
      return isJsonObject(structured.args) ? { args: structured.args } : undefined;
    },
  };
}

/** A command runs like a call: whoever guards calls decides about it too. Throws DENIED. */
export async function permitCommand(host: Host, plugin: string, name: string, args: JsonObject, context: CallContext): Promise<void> {
  const passing: InterceptedCall = { tool: name, origin: { format: 'jaato', plugin, name }, labels: [], args, context };
  for (const { guard } of peersOf(host).values()) {
    const verdict = await guard?.authorize?.(passing);
    if (verdict && 'refuse' in verdict) throw new GatewayError('DENIED', verdict.refuse, { plugin });
  }
}
