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
import { type CommonOptions, checkProfile, describeError, openSession, UsageError } from '../context.ts';
import { print, showProgress } from '../print.ts';

/** `plugmux call`: one tool call from the command line, under the same policy as any client. */
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
      const session = openSession(options, adapters, {
        here: true,
        quiet: true,
      });
      const app = await session.open({ forCalls: true });
      const done = showProgress(`calling ${name}`);
      try {
        const withinMs = session.config.limits.startTimeoutMs;
        const caller = localCaller(options.profile);
        if (!app.gateway.hasProfile(options.profile) || !app.gateway.view(caller).tools.has(name)) await app.registry.whenListed(withinMs);
        const call = new Call(caller, silentClient(session.log.area(name)));
        process.once('SIGINT', () => call.abort(new GatewayError('CALL_CANCELLED', 'The call was cancelled.')));
        await untilListed(app, name, caller);
        checkProfile(app, options.profile);
        endIfLate(app, name, call, withinMs);
        const result = await resultOf(app, name, args, call);
        done();
        print(result, options.json, () => showResult(result));
        if (result.isError) process.exitCode = 1;
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'UNKNOWN_TOOL')
          throw new UsageError(`${error.message}${whoIsMissing(app)}`, 'List the tools with `plugmux list`.');
        throw error;
      } finally {
        done();
        await app.close();
        session.flushLog();
      }
    });
}

// A tool that is known only by the text of a plugin that failed to load: the person who calls it learns why.
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

// One that the last start knew may take longer to open than a person waits.
function endIfLate({ gateway, registry }: App, name: string, call: Call, withinMs: number): void {
  const plugin = gateway.view(call.caller).tools.get(name)?.entry.plugin.id;
  if (plugin === undefined || !registry.opening(plugin)) return;
  const end = (): void => {
    if (registry.opening(plugin)) call.abort(registry.unavailable(plugin) ?? toUnavailable({ id: plugin }));
  };
  setTimeout(end, withinMs).unref();
}

// Some plugins are built before they can be listed; a person who calls one of their tools can wait for that.
async function untilListed(app: App, name: string, caller: Caller): Promise<void> {
  const isThere = (): boolean => app.gateway.view(caller).tools.has(name);
  if (isThere()) return;
  const appeared = new Promise<void>((resolve) => app.gateway.onChange(() => isThere() && resolve()));
  await Promise.race([app.registry.start(), appeared]);
}

// Its tools may be those of one that has not come up in time, or that never will.
function whoIsMissing({ registry }: App): string {
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
