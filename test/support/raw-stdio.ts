import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { FIXTURE_BIN } from './gateway.ts';
import { until } from './processes.ts';

/** A reply or notification as received. */
export interface RawMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: { readonly content?: readonly { readonly text: string }[]; readonly isError?: boolean };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code: string } };
}

/** One message as a line. */
export function line(id: unknown, method: string, params: object = {}): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
}

/** A tool call as a line. */
export function callLine(id: unknown, name: string, args: object = {}): string {
  return line(id, 'tools/call', { name, arguments: args });
}

/** The legacy handshake. */
export const HANDSHAKE = line('hello', 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});

/** Sent after the reply to initialize; the server may send notifications from then on. */
export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';

/** A gateway on stdio, read and written as raw bytes. It ends with the test. */
export class RawStdio {
  readonly process: ChildProcess;
  readonly messages: RawMessage[] = [];
  /** The received lines. */
  readonly lines: string[] = [];
  #rest = '';

  constructor(configFile: string, bin: string = FIXTURE_BIN, env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, [bin, 'stdio', '--config', configFile], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    onTestFinished(() => void this.process.kill('SIGKILL'));
    this.process.stdout?.on('data', (chunk) => {
      const parts = (this.#rest + chunk).split('\n');
      this.#rest = parts.pop() as string;
      for (const part of parts) {
        this.lines.push(part);
        this.messages.push(JSON.parse(part));
      }
    });
  }

  send(text: string | Buffer): void {
    this.process.stdin?.write(text);
  }

  /** All messages with one id. */
  repliesTo(id: unknown): RawMessage[] {
    return this.messages.filter((message) => message.id === id);
  }

  /** Waits for the reply to one id. */
  async reply(id: unknown, withinMs?: number): Promise<RawMessage> {
    await until(`the reply to ${JSON.stringify(id)}`, () => this.repliesTo(id).length > 0, withinMs);
    return this.repliesTo(id)[0] as RawMessage;
  }

  /** A memory figure of the process, in bytes, read from the system. */
  memory(name: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  }
}
