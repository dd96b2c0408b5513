import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { installFolder } from '../../dist/adapters/squadron/install/home.js';
import { describeWithPython } from '../support/python.ts';
import { fuzzReal, type Message, type RealBatch } from './real/run.mjs';
import { NODE, PYTHON } from './real/senders.mjs';
import { channelTemplates, otherAnswers } from './support/channel-messages.ts';
import { CALLS, STARTS } from './support/grpc-answers.mjs';
import { fill, mutated, SEED, type Template } from './support/messages.ts';
import { TEMPLATES } from './support/upstream-messages.ts';

// The same garbage through real processes. Their number and memory are read from outside, through /proc.

const MESSAGES = 200;
/** One in this many messages is sent while its sender starts, and one as a list. */
const SELDOM = 10;
const PROGRAM = fileURLToPath(new URL('real/grpc-program.mjs', import.meta.url));

function messagesOf(phases: Readonly<Record<string, readonly Template[]>>): Message[] {
  const lines = new Map(Object.entries(phases).map(([phase, templates], i) => [phase, mutated(templates, MESSAGES, SEED + i)]));
  return Array.from({ length: MESSAGES }, (_, i) => {
    const seldom = i % SELDOM === 3 ? 'start' : i % SELDOM === 7 ? 'list' : 'call';
    const phase = lines.has(seldom) ? seldom : 'call';
    return { phase, line: fill(lines.get(phase)?.next().value as string, { PLUGIN: 'odd', ID: 1000 + i }) };
  });
}

const channelMessages = (report: object, consults: readonly { method: string; params: object }[]): Message[] =>
  messagesOf({
    call: channelTemplates(report, consults),
    start: otherAnswers(report).map((answer) => ({ jsonrpc: '2.0', id: '$CALL', ...answer })),
  });

describe.skipIf(process.platform !== 'linux' && process.env.CI !== 'true')('real processes (needs /proc)', () => {
  // A run mostly waits for processes, so all of them run concurrently.
  const holds = (kind: string, batch: () => RealBatch): void => {
    it.concurrent(`${MESSAGES} messages of ${kind} harm their sender alone`, async () => {
      const { broken, sent, counts, canary } = await fuzzReal(batch());
      expect(broken, `replay with PLUGMUX_FUZZ_SEED=${SEED}`).toBeUndefined();
      process.stdout.write(
        `${kind}: seed ${SEED}, ${sent} messages, canary p99 ${Math.round(canary?.p99 ?? 0)} ms, ${JSON.stringify(counts)}\n`,
      );
      expect(sent).toBeGreaterThanOrEqual(MESSAGES);
    });
  };

  holds('a Node process', () => ({
    plugin: { path: './odd', group: 'odd' },
    files: NODE,
    tool: 'odd_write',
    messages: channelMessages({ dialect: 'source', functions: ['write'], undeclared: [], triggers: ['bell'], subscribes: ['bell'] }, []),
  }));

  describeWithPython('Python', () => {
    const tools = [{ name: 'odd_write', description: 'Writes', input: { type: 'object' } }];
    holds('a Python process', () => ({
      plugin: { path: './odd.py', format: 'jaato' },
      files: PYTHON,
      tool: 'odd_write',
      messages: channelMessages({ stage: 'describe', generation: 'M', name: 'odd', tools }, [{ method: 'persist', params: { state: {} } }]),
    }));
  });

  holds('a gRPC program', () => ({
    plugin: { format: 'squadron', version: 'local' },
    // Skips the build: the installed program is run.
    files: {
      [`${installFolder('squadron', 'odd', 'local')}/runner.json`]: JSON.stringify({
        kind: 'go',
        entry: process.execPath,
        args: [PROGRAM],
      }),
    },
    tool: 'plugins_odd_run',
    messages: messagesOf({ call: CALLS, start: STARTS }),
  }));

  for (const server of ['stdio', 'http', 'sse', 'ws'] as const) {
    const { during, call, list, start } = TEMPLATES;
    holds(`an upstream server over ${server}`, () => ({
      server,
      tool: 'run',
      messages: messagesOf({ call: [...call, ...during], list, start }),
    }));
  }
});
