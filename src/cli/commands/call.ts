import type { Command } from 'commander';
import type { App } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { type Caller, DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import { type Content, errorResult, type ToolResult } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { auditCaller } from '../../gateway/audit/audit-fields.ts';
import { Call, silentClient } from '../../gateway/call/call.ts';
import { toUnavailable } from '../../registry/plugin-status.ts';
import { type CliSession, type CommonOptions, checkProfile, describeError, openSession, UsageError, withApp } from '../context.ts';
import { print, showProgress } from '../print.ts';

/** `plugmux call`: calls one tool under the same policy as any client. */
export function addCall(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('call')
    .description('call a tool once and print its result')
    .argument('<tool>', "the tool's public name")
    .argument('[arguments]', 'a JSON object', '{}')
    .option('--profile <name>', 'as this profile', DEFAULT_PROFILE)
    .option('--json', 'print the whole result as JSON')
    .action(async (name: string, text: string, options: CommonOptions & { profile: string }) => {
      const args = parseArguments(text);
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withApp(session, { forCalls: true }, async (app) => {
        const done = showProgress(`calling ${name}`);
        const result = await run(app, session, options.profile, name, args).finally(done);
        print(result, options.json, () => showResult(result));
        if (result.isError) process.exitCode = 1;
      });
    });
}

async function run(app: App, session: CliSession, profile: string, name: string, args: JsonObject): Promise<ToolResult> {
  const withinMs = session.config.limits.startTimeoutMs;
  const caller = localCaller(profile);
  try {
    if (!app.gateway.hasProfile(profile) || !app.gateway.view(caller).tools.has(name)) await app.registry.whenListed(withinMs);
    const call = new Call(caller, silentClient(session.log.area(name)));
    process.once('SIGINT', () => call.abort(new GatewayError('CALL_CANCELLED', 'The call was cancelled.')));
    await untilListed(app, name, caller);
    checkProfile(app, profile);
    endIfLate(app, name, call, withinMs);
    return await resultOf(app, name, args, call);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'UNKNOWN_TOOL')
      throw new UsageError(`${error.message}${notServed(app)}`, 'List the tools with `plugmux list`.');
    throw error;
  }
}

// If the tool's plugin failed to load, report the cause instead of an unknown tool.
async function resultOf(app: App, name: string, args: JsonObject, call: Call): Promise<ToolResult> {
  try {
    return (await app.gateway.call(name, args, call, auditCaller(call.caller, 'cli', 'plugmux'))).result;
  } catch (error) {
    const plugin = error instanceof GatewayError && error.code === 'UNKNOWN_TOOL' ? app.registry.declarer(name) : undefined;
    const cause = plugin === undefined ? undefined : app.registry.unavailable(plugin);
    if (!cause) throw error;
    return errorResult(describeError(cause), { 'plugmux/error': cause.toObject() });
  }
}

// Ends the call if its plugin, listed from the remembered catalogue, has not opened in time.
function endIfLate({ gateway, registry }: App, name: string, call: Call, withinMs: number): void {
  const plugin = gateway.view(call.caller).tools.get(name)?.entry.plugin.id;
  if (plugin === undefined || !registry.opening(plugin)) return;
  const end = (): void => {
    if (registry.opening(plugin)) call.abort(registry.unavailable(plugin) ?? toUnavailable({ id: plugin }));
  };
  setTimeout(end, withinMs).unref();
}

// Some plugins must be built before they can list their tools, so wait for the tool or for all plugins.
async function untilListed(app: App, name: string, caller: Caller): Promise<void> {
  const isThere = (): boolean => app.gateway.view(caller).tools.has(name);
  if (isThere()) return;
  const appeared = new Promise<void>((resolve) => app.gateway.onChange(() => isThere() && resolve()));
  await Promise.race([app.registry.start(), appeared]);
}

// The tool may belong to a plugin that is still starting or has failed.
function notServed({ registry }: App): string {
  const plugins = registry.plugins();
  const opening = plugins.flatMap(({ id, state }) => (state === 'opening' ? [id] : []));
  const failed = plugins.flatMap(({ id, state, error }) =>
    error && state !== 'ready' ? [`\n${id} is not served: ${describeError(error)}`] : [],
  );
  return [opening.length === 0 ? '' : ` Still starting: ${opening.join(', ')}.`, ...failed, failed.length === 0 ? '' : '\n'].join('');
}

function parseArguments(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new UsageError(`The arguments are not JSON: ${(error as Error).message}.`, `Write them like '{"name":"value"}'.`);
  }
  if (!isJsonObject(value)) throw new UsageError('The arguments must be a JSON object.', `Write them like '{"name":"value"}'.`);
  return value;
}

/** A result as text for a terminal. */
export function showResult({ content }: ToolResult): string {
  return content.map(showBlock).join('\n');
}

function showBlock(block: Content): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `(${block.type}, ${block.mimeType}, ${Math.round((block.data.length * 3) / 4)} bytes; --json prints it)`;
    case 'resource':
      return block.resource.text ?? `(resource ${block.resource.uri})`;
    case 'resource_link':
      return `${block.name}: ${block.uri}`;
  }
}
