import { Socket } from 'node:net';
import { LazyAbort } from '../../core/abort/lazy-abort.ts';
import { compileSooner } from '../../core/compile-sooner.ts';
import type { ToolResult } from '../../core/contract/content.ts';
import type { Answers, QuestionKind } from '../../core/contract/question.ts';
import { GatewayError, MAX_TEXT_LENGTH, thrownText, toError } from '../../core/errors.ts';
import { IdMap } from '../../core/id-map.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Logger, LogLevel } from '../../core/log.ts';
import { ProgressBucket } from '../../core/progress.ts';
import { shorten } from '../../core/text/text.ts';
import { type Channel, createChannel, type Serialised } from '../group/channel.ts';
import { createPluginSet } from './plugin-set.ts';
import type { RuntimeCall } from './runtime.ts';

// The entry of a plugin process. The channel to the gateway uses only descriptors 3 (in) and 4 (out); output of plugins
// on 1 and 2 is only logged.

// Captured before any plugin is loaded, since a plugin may replace JSON.stringify.
const { stringify } = JSON;

const PROTOCOL = 1;
const LINE_LIMIT = 64 * 1024 * 1024;
const STOP_MS = 5_000;

const calls = new IdMap<LazyAbort>();
let resultBytes = 8 * 1024 * 1024;

compileSooner();
process.setSourceMapsEnabled(true);
const read = new Socket({ fd: 3, readable: true, writable: false });
const write = new Socket({ fd: 4, readable: false, writable: true });

const channel: Channel = createChannel(read, write, LINE_LIMIT, {
  request: (method, params, id) => answer(method, params, id),
  notify(method, params) {
    if (method !== 'cancel') return;
    try {
      calls.get(params.call as number)?.abort(new Error('the call was cancelled'));
    } catch (error) {
      // A listener of the plugin failed, which does not violate the protocol.
      console.error(thrownText(error));
    }
  },
  broken: (reason) => leave(1, reason),
});

function notify(method: string, params: JsonObject): void {
  channel.notify(method, stringify(params));
}

// Cuts texts of plugins other than results, since the gateway limits the length of a line.
function cut(text: unknown): string {
  return shorten(typeof text === 'string' ? text : thrownText(text), MAX_TEXT_LENGTH);
}

function logger(id: string): Logger {
  const at = (level: LogLevel) => (text: string) => notify('log', { id, level, text: cut(text) });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    area: () => logger(id),
  };
}

const plugins = createPluginSet({
  log: logger,
  stage: (id, stage) => notify('stage', { id, stage: cut(stage) }),
  changed(id, report) {
    const text = stringify({ id, report });
    if (text.length <= resultBytes && Buffer.byteLength(text) <= resultBytes) channel.notify('changed', text);
    else logger(id).error(`the changed offer was not sent: it exceeds the limit of ${resultBytes} bytes; the previous one stays`);
  },
  callAdapter: (id, method, params) => ask('consult', { id, method, params }),
});

// Requests that exceed the limit of the gateway are rejected here.
async function ask(method: string, params: object): Promise<JsonValue> {
  return channel.request(method, bounded(stringify(params), 'MESSAGE_TOO_LARGE', "The plugin's request"));
}

function json(value: unknown): Serialised {
  return { json: bounded(stringify(value) ?? 'null', 'RESULT_TOO_LARGE', "The plugin process's reply") };
}

function bounded(text: string, code: 'MESSAGE_TOO_LARGE' | 'RESULT_TOO_LARGE', what: string): string {
  if (text.length <= resultBytes && Buffer.byteLength(text) <= resultBytes) return text;
  throw new GatewayError(code, `${what} has ${Buffer.byteLength(text)} bytes; the limit is ${resultBytes}.`);
}

async function answer(method: string, params: JsonObject, requestId: number): Promise<Serialised> {
  const id = params.id as string;
  const inner = params.params as JsonObject;
  switch (method) {
    case 'call':
      return call(id, params, requestId);
    case 'ping':
      return json({});
    case 'hello':
      resultBytes = params.resultBytes as number;
      return json({
        protocol: PROTOCOL,
        runtime: 'node',
        version: process.version,
        pid: process.pid,
      });
    case 'load':
      return json(await plugins.load(id, params.module as string, inner));
    case 'initialize':
      return json(await plugins.initialize(id));
    case 'request':
      return json(await plugins.request(id, params.method as string, inner));
    case 'shutdown':
      await plugins.close(params.deadlineMs as number);
      return json({});
    default:
      throw new GatewayError('METHOD_NOT_FOUND', `The plugin process does not support the method "${method}".`);
  }
}

async function call(id: string, params: JsonObject, requestId: number): Promise<Serialised> {
  const abort = new LazyAbort();
  calls.set(requestId, abort);
  let bucket: ProgressBucket<number> | undefined;
  const report = (done: number, total: number | undefined, message: string | undefined): void =>
    notify('progress', { call: requestId, done, ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) });
  const context: RuntimeCall = {
    get signal() {
      return abort.signal;
    },
    progress(done, total, message) {
      if (params.progress !== true || !Number.isFinite(done)) return;
      bucket ??= new ProgressBucket(report);
      bucket.report(done, Number.isFinite(total) ? total : undefined, message === undefined ? undefined : cut(message));
    },
    log: (level, text) => notify('log', { id, level, text: cut(text), call: requestId }),
    wantsProgress: params.progress === true,
    caller: params.caller as unknown as RuntimeCall['caller'],
    meta: params.meta as JsonObject | undefined,
    answerableKinds: (params.can ?? []) as unknown as QuestionKind[],
    ask: async (questions) => (await ask('ask', { call: requestId, questions })) as unknown as Answers,
  };
  try {
    return serialise(await plugins.call(id, params.tool as string, params.args as JsonObject, context));
  } finally {
    calls.delete(requestId);
    bucket?.flush();
  }
}

// Serialises a result before anything is sent, so that a failure becomes an error reply.
function serialise(result: ToolResult): Serialised {
  let text: string | undefined;
  try {
    text = stringify(result);
  } catch (error) {
    throw new GatewayError('RESULT_INVALID', `The result is not plain data: ${thrownText(error)}`);
  }
  if (text === undefined) throw new GatewayError('RESULT_INVALID', 'The plugin returned no result.');
  return { json: bounded(text, 'RESULT_TOO_LARGE', 'The result') };
}

// An uncaught error of a plugin is logged, and must not end the other plugins of the group.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => console.error(cut(toError(error).stack ?? thrownText(error))));
}
// Ctrl-C in the terminal is for the gateway, which then stops this process in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => leave(0));

let leaving = false;
function leave(code: number, reason?: string): void {
  if (leaving) return;
  leaving = true;
  if (reason !== undefined) console.error(reason);
  void plugins.close(STOP_MS).finally(() => {
    process.exitCode = code;
    // Kills the whole process group, so that no process started by a plugin outlives it.
    if (process.platform !== 'win32' && process.env.PLUGMUX_PROCESS !== undefined) process.kill(-process.pid, 'SIGKILL');
    process.exit(code);
  });
}
// The gateway has ended or closed the channel.
read.on('end', () => leave(0));
read.on('error', () => leave(1));
write.on('error', () => leave(1));
