import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelCredentials, ServiceError } from '@grpc/grpc-js';
import type { ToolResult } from '../../../src/core/contract/content.ts';
import type { ProgramSession, RunningProgram } from '../../../src/core/contract/program-runtime.ts';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { toJsonText } from '../../../src/core/json/exact-number.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { wellFormedJson } from '../../../src/core/text/well-formed.ts';
import { toResult } from '../result.ts';
import { toOutputSchema } from '../schema.ts';
import type { Headers } from './call-metadata.ts';
import { configure } from './configure.ts';
import { connect } from './connection.ts';
import { toFailure, toStartFailure } from './failures.ts';
import type { WireTool } from './messages.ts';
import type { PluginProgram } from './program.ts';
import type { Tracebacks } from './tracebacks.ts';

const MAX_REQUEST_SIZE = 4 * 1024 * 1024;
const LAST_WORDS_MS = 500;
/** Unique id of this gateway run. */
const RUN = randomBytes(8).toString('base64url');

/** Arguments of `openSession`. */
export interface SessionParts {
  readonly target: string;
  readonly channel: ChannelCredentials | undefined;
  readonly program: PluginProgram;
  readonly running: RunningProgram;
  readonly tracebacks: Tracebacks;
  stage(name: string): void;
}

/** The tools that a plugin listed at start. */
export interface SquadronReport {
  readonly tools: readonly WireTool[];
}

/** Connects to a plugin after its handshake: health check, output, settings, tool list. */
export async function openSession(parts: SessionParts): Promise<ProgramSession> {
  const { target, channel, program, running, tracebacks, stage } = parts;
  const connection = connect(target, program.largestBytes, channel);
  try {
    stage('health');
    if (!(await connection.healthy(program.startMs)))
      throw new GatewayError('HANDSHAKE_FAILED', 'The plugin reports that it is not serving.');
    const feeds = { stdout: running.feed('stdout'), stderr: running.feed('stderr') };
    connection.drain(({ stream, data }) => feeds[stream](data));
    stage('configure');
    await configure(connection, program);
    stage('list');
    // Go plugins list tools in random order.
    const tools = (await connection.listTools(program.startMs)).sort((a, b) => (a.name < b.name ? -1 : 1));
    return new Session(connection, tools, program, running, tracebacks);
  } catch (error) {
    connection.close();
    throw toStartFailure(error);
  }
}

class Session implements ProgramSession {
  readonly report: JsonObject;
  readonly #connection: ReturnType<typeof connect>;
  readonly #promised: ReadonlyMap<string, JsonObject>;
  readonly #program: PluginProgram;
  readonly #running: RunningProgram;
  readonly #tracebacks: Tracebacks;
  /** Calls in flight, oldest first. */
  readonly #calls = new Set<CallContext>();

  constructor(
    connection: ReturnType<typeof connect>,
    tools: readonly WireTool[],
    program: PluginProgram,
    running: RunningProgram,
    tracebacks: Tracebacks,
  ) {
    this.report = { tools } satisfies SquadronReport as unknown as JsonObject;
    this.#connection = connection;
    this.#promised = new Map(
      tools.flatMap(({ name, outputSchemaJson }) => {
        const schema = toOutputSchema(outputSchemaJson);
        return schema?.type === 'object' ? [[name, schema]] : [];
      }),
    );
    this.#program = program;
    this.#running = running;
    this.#tracebacks = tracebacks;
  }

  call(tool: string, args: JsonObject, ctx: CallContext): Promise<ToolResult> {
    const payload = wellFormedJson(toJsonText(args));
    // A character takes at most four bytes, so short texts need no counting.
    if (payload.length > MAX_REQUEST_SIZE / 4 && Buffer.byteLength(payload) > MAX_REQUEST_SIZE - 1024) {
      const text = `The arguments of ${tool} exceed the 4 MiB limit of Squadron plugins.`;
      return Promise.reject(new GatewayError('MESSAGE_TOO_LARGE', text, { outcome: 'NOT_SENT', fix: 'Send less in one call.' }));
    }
    return new Promise((resolve, reject) => {
      this.#calls.add(ctx);
      const call = this.#connection.call(tool, payload, headersOf(ctx), (error, text = '') => {
        this.#calls.delete(ctx);
        if (error) return void this.#explain(tool, error).then(resolve, reject);
        try {
          resolve(toResult(text, this.#promised.get(tool)));
        } catch (fault) {
          reject(fault);
        }
      });
      ctx.onAbort((reason) => {
        call.cancel();
        if (reason instanceof GatewayError && reason.code === 'CALL_TIMEOUT') void this.#check(ctx);
      });
    });
  }

  /** Calls a tool and returns the raw text of its result, for the command line. */
  request(_method: string, { tool, payload }: JsonObject): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#connection.call(String(tool), String(payload), {}, (error, text = '') => {
        if (!error) return resolve(text);
        void this.#explain(String(tool), error).then((result) => reject(new GatewayError('PLUGIN_FAILED', firstText(result))), reject);
      });
    });
  }

  #explain(tool: string, error: ServiceError): Promise<ToolResult> {
    return toFailure(tool, error, {
      traceback: () => this.#tracebacks.next(),
      // The exit reason of the process explains more and arrives shortly after.
      ended: () => Promise.race([this.#running.exited, sleep(LAST_WORDS_MS, undefined, { ref: false })]),
    });
  }

  // A synchronous Python tool blocks its whole plugin. So a silent plugin only counts as hung once its oldest call has timed out.
  async #check(timedOut: CallContext): Promise<void> {
    const [oldest] = this.#calls;
    if (oldest !== timedOut && oldest !== undefined && !oldest.aborted) return;
    const alive = await this.#connection.healthy(this.#program.silentMs).catch(() => false);
    if (!alive) this.#running.kill('PLUGIN_UNRESPONSIVE', 'it did not respond after a call timed out and was killed');
  }

  shutdown(): Promise<void> {
    return this.#connection.shutdown();
  }

  close(): void {
    this.#connection.close();
  }
}

let attempts = 0;

// The idempotency key lets newer plugins recognize a retried call. Values are unique per call, so they are kept short: HTTP/2
// header compression cannot reuse them.
function headersOf(ctx: CallContext): Headers {
  const key = `${RUN}.${ctx.id}`;
  const own = {
    'squadron-run-id': RUN,
    // Header values must be ASCII.
    'squadron-task-name': ctx.caller.profile.replace(/[^\x20-\x7e]/g, '_'),
    'squadron-attempt-id': `${RUN}.${++attempts}`,
    'squadron-tool-use-id': key,
    'squadron-idempotency-key': key,
  };
  return ctx.trace === undefined ? own : { ...ctx.trace, ...own };
}

function firstText({ content: [first] }: ToolResult): string {
  return first?.type === 'text' ? first.text : '';
}
