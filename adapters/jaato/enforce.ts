import { GatewayError } from '../../src/core/errors.ts';
import type { Member } from '../../src/core/host.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Middleware } from '../../src/core/middleware.ts';

/** Names of tools that jaato plugins declared to need no prompt, by plugin. */
const autoApproved = new Map<string, ReadonlySet<string>>();

/** Notes which tools of a plugin need no prompt: a permission plugin is told so before it decides about them. */
export function noteAutoApproved(plugin: string, tools: readonly string[]): void {
  autoApproved.set(plugin, new Set(tools));
}

/** A permission plugin that decides before every call of every plugin. It asks or refuses; it loosens nothing. */
export function enforce(id: string, member: Member): Middleware {
  return {
    onError: 'deny',
    async permit({ tool, origin, args, context }) {
      const own = origin.format === 'jaato';
      // Asking for permission cannot itself need one.
      if (origin.plugin === id && origin.name === 'askPermission') return undefined;
      const approved = own && (autoApproved.get(origin.plugin)?.has(origin.name) ?? false);
      const params: JsonObject = { args, plugin: origin.plugin, autoApproved: approved };
      const { structured } = await member.call(`check:${own ? origin.name : tool}`, params, context);
      if (!isJsonObject(structured)) throw new GatewayError('PLUGIN_FAILED', 'The permission plugin gave no verdict.');
      if (structured.allowed !== true) return { refuse: String(structured.reason) };
      return isJsonObject(structured.args) ? { args: structured.args } : undefined;
    },
  };
}
