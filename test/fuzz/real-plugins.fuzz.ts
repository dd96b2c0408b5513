import { describe, expect, it } from 'vitest';
import { describeWithPython } from '../support/python.ts';
import { fuzzReal } from './real/run.mjs';
import { channelTemplates } from './support/channel-messages.ts';
import { fill, mutated, SEED } from './support/messages.ts';

// The same garbage through processes that are real ones. They are counted and weighed from outside, by /proc.

const MESSAGES = 200;
/** hello, load and initialize come first; the first call of a process has this number. */
const FIRST_CALL = 4;

const linesFor = (plugin: string, report: object, consults: readonly { method: string; params: object }[]): string[] =>
  [...mutated(channelTemplates(report, consults), MESSAGES)].map((line, i) =>
    fill(line, { PLUGIN: plugin, CALL: FIRST_CALL, ID: 1000 + i }),
  );

describe.skipIf(process.platform !== 'linux' && process.env.CI !== 'true')('real processes (needs /proc)', () => {
  it(`${MESSAGES} messages of a Node process harm it alone`, async () => {
    const functions = [{ name: 'write', description: 'Writes', parameters: { type: 'object', properties: { line: { type: 'string' } } } }];
    const files = {
      'odd/manifest.json': JSON.stringify({ id: 'odd', name: 'Odd', description: '', version: '1.0.0', functions }),
      // Descriptor 4 is the way from a plugin process to the gateway.
      'odd/index.ts': `import { writeSync } from 'node:fs';
export const handlers = { write: async ({ line }: { line: string }) => { writeSync(4, line + '\\n'); await new Promise((r) => setTimeout(r, 5)); return 'written'; } };`,
    };
    const report = { dialect: 'source', functions: ['write'], undeclared: [], triggers: [] };
    await hold('Node', { plugins: { odd: { path: './odd', group: 'odd' } }, files, tool: 'odd_write', lines: linesFor('odd', report, []) });
  });

  describeWithPython('Python', () => {
    it(`${MESSAGES} messages of a Python process harm it alone`, async () => {
      const files = {
        'odd_py.py': `import os
import time

PLUGIN_KIND = "tool"


class Odd:
    name = "odd_py"

    def get_tool_schemas(self):
        return [{"name": "odd_write", "description": "Writes", "parameters": {"type": "object", "properties": {"line": {"type": "string"}}}}]

    def get_executors(self):
        return {"odd_write": self.write}

    def write(self, args):
        data = (args["line"] + "\\n").encode("utf-8", "replace")
        while data:
            data = data[os.write(4, data) :]
        time.sleep(0.005)
        return "written"


def create_plugin():
    return Odd()
`,
      };
      const report = {
        stage: 'describe',
        generation: 'M',
        name: 'odd_py',
        tools: [{ name: 'odd_write', description: 'Writes', input: { type: 'object' } }],
      };
      const consults = [{ method: 'persist', params: { state: {} } }];
      await hold('Python', {
        plugins: { odd_py: { path: './odd_py.py', format: 'jaato' } },
        files,
        tool: 'odd_write',
        lines: linesFor('odd_py', report, consults),
      });
    });
  });
});

async function hold(kind: string, batch: Parameters<typeof fuzzReal>[0]): Promise<void> {
  const { broken, counts, canary } = await fuzzReal(batch);
  expect(broken, `replay with PLUGMUX_FUZZ_SEED=${SEED}`).toBeUndefined();
  process.stdout.write(`${kind} processes: seed ${SEED}, canary p99 ${Math.round(canary?.p99 ?? 0)} ms, ${JSON.stringify(counts)}\n`);
  expect(counts.PLUGIN_PROTOCOL_ERROR ?? 0).toBeGreaterThan(MESSAGES / 10);
}
