import { type ToolResult, textResult } from '../../../src/core/contract/content.ts';
import { GatewayError, thrownText, toError } from '../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { toPlain, toPlainResult } from '../../../src/core/json/plain.ts';
import type { LoadedPlugin, RuntimeCall, RuntimeContext } from '../../../src/host/node/runtime.ts';
import { COMMAND_PREFIX, type EthosReport } from '../report.ts';
import { toCapabilities } from './capabilities/capabilities.ts';
import type { FoundPlugin } from './find-plugin.ts';
import type { EthosResult, EthosTool } from './format.ts';
import { runCommand } from './hooks/commands.ts';
import { selectorOf } from './hooks/filters.ts';
import type { HookRunner } from './hooks/hook-runner.ts';
import type { Monitors } from './hooks/monitors.ts';
import { createProgress } from './progress.ts';
import { PublishedOutput } from './published-output.ts';
import type { Registrations } from './registrations.ts';
import { failure, toEthosResult, toResult } from './result.ts';
import { createToolContext } from './tool-context.ts';
import { isAvailable, toToolReport } from './tool-report.ts';

const LOOK_AGAIN_MS = 3_000;
const SETTLE_MS = 50;
const DEACTIVATE_MS = 5_000;

/** Parts of a running plugin. */
export interface PluginParts {
  readonly found: FoundPlugin;
  readonly registrations: Registrations;
  readonly monitors: Monitors;
  readonly hookRunner: HookRunner;
  readonly context: RuntimeContext;
  /** Removes the plugin's registrations and subscriptions. */
  readonly release: () => void;
}

/** One activated plugin. */
export class EthosPlugin implements LoadedPlugin {
  readonly #parts: PluginParts;
  readonly #log: RuntimeContext['log'];
  readonly #output = new PublishedOutput();
  #instructions = '';
  #reported = '';
  #settling: NodeJS.Timeout | undefined;
  readonly #looking: NodeJS.Timeout;
  #closed = false;

  constructor(parts: PluginParts) {
    this.#parts = parts;
    this.#log = parts.context.log;
    this.#reported = this.#surface();
    // Tools change their availability and fields without an event, so the report is polled.
    this.#looking = setInterval(() => this.#look(), LOOK_AGAIN_MS).unref();
  }

  report(): JsonObject {
    const { registrations: r, monitors, found } = this.#parts;
    const report: EthosReport = {
      shape: found.shape,
      tools: [...r.tools].map(([name, tool]) => toToolReport(tool, name)),
      hooks: [...new Set([...r.voidHooks.keys(), ...r.modifyingHooks.keys()])].filter(isText).sort(),
      filters: r.filters.map(selectorOf),
      injects: r.injectors.length > 0 || r.modifyingHooks.has('before_prompt_build'),
      instructions: this.#instructions,
      commands: [...r.commands].map(([name, { kind, command }]) => {
        const hint = command.argumentHint ?? command.usage;
        return {
          name,
          description: isText(command.description) ? command.description : '',
          kind,
          ...(typeof hint === 'string' ? { hint } : {}),
        };
      }),
      personalities: [...r.personalities.values()].map((p) => toPlain(p) as JsonObject),
      monitors: monitors.report([...r.monitors.keys()].filter(isText)),
      healthChecks: r.healthChecks.map((check) => check?.name).filter(isText),
      unsupported: [...r.unsupported].sort(),
      warnings: [...r.warnings].sort(),
      metrics: Object.fromEntries(r.metrics),
    };
    return report as unknown as JsonObject;
  }

  async initialize(): Promise<void> {
    this.#instructions = await this.#parts.hookRunner.compose({ session: 'gateway', profile: 'default' });
    this.#reported = this.#surface();
  }

  // Metrics change constantly and must not cause list updates.
  #surface(): string {
    return JSON.stringify({ ...this.report(), metrics: null });
  }

  /** Schedules a comparison of the report, 50 ms after the first change. */
  changed(): void {
    if (this.#closed) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#look();
    }, SETTLE_MS).unref();
  }

  #look(): void {
    if (this.#closed) return;
    try {
      const now = this.#surface();
      if (now === this.#reported) return;
      this.#reported = now;
      this.#parts.context.changed();
    } catch (error) {
      this.#log.warn(`the plugin's offer cannot be reported: ${thrownText(error)}`);
    }
  }

  async call(name: string, args: JsonObject, call: RuntimeCall): Promise<ToolResult> {
    const { registrations } = this.#parts;
    const tool = registrations.tools.get(name);
    try {
      if (tool) return toResult(await this.#run(tool, args, call));
      const command = name.startsWith(COMMAND_PREFIX) ? registrations.commands.get(name.slice(COMMAND_PREFIX.length)) : undefined;
      if (command?.kind !== 'run') return toResult(failure(`Unknown tool: ${name}`, 'not_available'));
      const { text, failed } = await runCommand(command.command, String(args.arguments ?? ''), this.#commandContext(call));
      return failed ? toResult(failure(text, 'execution_failed')) : textResult(text);
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'RESULT_INVALID') throw error;
      this.#log.debug(`${name} threw: ${toError(error).stack}`);
      const missing = this.#parts.context.explain(error, name);
      if (missing) throw missing;
      return toResult(failure(thrownText(error) || 'The tool failed without a message.', 'execution_failed'));
    } finally {
      this.changed();
    }
  }

  async #run(tool: EthosTool, args: JsonObject, call: RuntimeCall): Promise<EthosResult> {
    if (!isAvailable(tool)) return failure(`Tool ${tool.name} is not currently available`, 'not_available');
    const capabilities = toCapabilities(tool);
    if (capabilities.unserved.length > 0) {
      const missing = capabilities.unserved.join(', ');
      return failure(`Tool ${tool.name} is not currently available: its capabilities ${missing} are not supported`, 'not_available');
    }
    const { caller } = call;
    if (!caller) throw new GatewayError('INTERNAL', 'The call has no caller.');
    const context = createToolContext(
      this.#parts.hookRunner.contextParts,
      { caller, signal: call.signal, progress: createProgress(call, this.#log) },
      { name: tool.name, maxResultChars: tool.maxResultChars, capabilities },
    );
    const result = toEthosResult(await tool.execute(args, context), toPlainResult);
    const { outputSchema } = toToolReport(tool);
    if (!this.#parts.hookRunner.contextParts.params.publishOutput || outputSchema === undefined) return result;
    return this.#output.conform(result, outputSchema);
  }

  #commandContext({ caller }: RuntimeCall): object {
    return { sessionId: caller?.session, personalityId: caller?.profile };
  }

  async request(method: string, params: JsonObject): Promise<JsonValue> {
    if (method === 'look') {
      this.#look();
      return null;
    }
    return this.#parts.hookRunner.answer(method, params);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#looking);
    clearTimeout(this.#settling);
    const { found, monitors, release } = this.#parts;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, DEACTIVATE_MS).unref());
    try {
      await Promise.race([found.deactivate?.(), timeout]);
    } catch (error) {
      this.#log.warn(`deactivate() failed: ${toError(error).message}`);
    }
    monitors.close();
    release();
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
