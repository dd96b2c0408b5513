import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Target } from './clients.ts';

/** A reply as received. */
export interface RawReply {
  readonly result?: Record<string, unknown> & { requestState?: string; content?: { text: string }[] };
  readonly error?: { code: number; message: string };
}

/** Sends single modern-era requests without a client library. */
export interface RawModern {
  call(tool: string, args: object, more?: object): Promise<RawReply>;
}

/** The envelope of every modern-era request. */
export const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
};

/** Sends requests over any transport with this era. The connection ends with the test. */
export async function openRaw(target: Target): Promise<RawModern> {
  let last = 0;
  const send = await openWire(target);
  return {
    call: (name, args, more = {}) =>
      send({ jsonrpc: '2.0', id: ++last, method: 'tools/call', params: { name, arguments: args, _meta: META, ...more } }),
  };
}

type Send = (message: { id: number; params: { name: string; [key: string]: unknown }; [key: string]: unknown }) => Promise<RawReply>;

async function openWire(target: Target): Promise<Send> {
  if (!('url' in target)) {
    const child = spawn(target.command, [...target.args], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return matched(
      (text) => void child.stdin.write(`${text}\n`),
      (take) => createInterface({ input: child.stdout }).on('line', take),
    );
  }
  if (target.kind === 'ws') {
    const socket = new WebSocket(target.url, 'mcp');
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    return matched(
      (text) => socket.send(text),
      (take) => socket.on('message', (data) => take(String(data))),
    );
  }
  return async (message) => {
    const headers = {
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': message.params.name,
      ...target.headers,
    };
    return (await (await fetch(target.url, { method: 'POST', headers, body: JSON.stringify(message) })).json()) as RawReply;
  };
}

// Replies on one connection are distinguished by their ids.
function matched(write: (text: string) => void, listen: (take: (text: string) => void) => void): Send {
  const waiting = new Map<unknown, (reply: RawReply) => void>();
  listen((text) => {
    const reply = JSON.parse(text) as RawReply & { id: unknown };
    waiting.get(reply.id)?.(reply);
  });
  return (message) =>
    new Promise((resolve) => {
      waiting.set(message.id, resolve);
      write(JSON.stringify(message));
    });
}
