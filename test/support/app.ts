import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../dist/src/app.js';
import { createApp } from '../../dist/src/app.js';
import { loadConfig } from '../../dist/src/config/load.js';
import type { Adapter } from '../../dist/src/core/contract/adapter.js';
import { localCaller } from '../../dist/src/core/contract/caller.js';
import type { ToolResult } from '../../dist/src/core/contract/content.js';
import type { Logger, LogLevel } from '../../dist/src/core/log.js';
import { createRedactor } from '../../dist/src/core/secrets/redact.js';
import { Call, silentClient } from '../../dist/src/gateway/call/call.js';
import { until } from './processes.ts';
import { type AtEnd, tempFolder } from './temp.ts';

/** One log line. */
export interface LogLine {
  readonly level: LogLevel;
  readonly area: string;
  readonly message: string;
}

/** The principal of the tests for administrative calls. */
export const BY = { principal: 'test', transport: 'test' };

/** A logger that keeps its lines. */
export function keepLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (area: string): Logger => {
    const say = (level: LogLevel) => (message: string) => void lines.push({ level, area, message });
    return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error'), area: at };
  };
  return { log: at(''), lines };
}

/** A running app with its configuration. */
export interface TestApp {
  readonly instance: App;
  readonly dir: string;
  readonly lines: readonly LogLine[];
  /** Waits for a log line: output of a process may arrive after its reply. */
  logged(part: string): Promise<void>;
  call(name: string, args?: object, call?: Call): Promise<ToolResult>;
  newCall(progress?: (done: unknown, total: unknown) => void): Call;
  /** Writes a new configuration and applies it. */
  reconfigure(config: object): Promise<void>;
  close(): Promise<void>;
}

/** Builds the app for one test and closes it after the test. Concurrent tests pass their own cleanup hook. */
export async function openApp(
  adapters: readonly Adapter[],
  config: object,
  folder?: string,
  atEnd: AtEnd = onTestFinished as AtEnd,
): Promise<TestApp> {
  const dir = folder ?? tempFolder(atEnd);
  const { log, lines } = keepLog();
  const file = join(dir, 'mcp.json');
  const load = (value: object) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, JSON.stringify(value));
    return loadConfig(file, adapters, process.env);
  };
  const app = await createApp({ config: load(config), adapters, redactor: createRedactor(), log });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= app.close();
    return closed;
  };
  atEnd(close);
  const caller = localCaller();
  const newCall: TestApp['newCall'] = (progress) => new Call(caller, { ...silentClient(log), progress });
  return {
    instance: app,
    dir,
    lines,
    logged: (part) => until(`"${part}" is logged`, () => lines.some(({ message }) => message.includes(part))),
    newCall,
    call: async (name, args = {}, call = newCall()) => (await app.gateway.call(name, args as never, call, '"principal":"test"')).result,
    reconfigure: (value) => app.applyConfig(load(value)),
    close,
  };
}

/** The first text of a result. */
export function textOf(result: ToolResult): string {
  const [first] = result.content;
  return first?.type === 'text' ? first.text : '';
}
