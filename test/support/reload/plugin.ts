import { basename } from 'node:path';
import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import type { EventSources } from '../../../dist/src/core/contract/event-source.js';
import { emptyOffer, type Offer } from '../../../dist/src/core/contract/plugin.js';
import type { CallContext, Tool } from '../../../dist/src/core/contract/tool.js';
import type { JsonObject } from '../../../dist/src/core/json/json.js';

// An in-process plugin with a tool for each limit or rule, and a plugin that never lists anything.

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const tool = (name: string, call: (args: JsonObject, ctx: CallContext) => unknown, more: Partial<Tool> = {}): Tool => ({
  name,
  description: `The tool ${name}`,
  input: { type: 'object' },
  approval: 'client',
  call: call as Tool['call'],
  ...more,
});
const nested = (levels: number): JsonObject => (levels === 0 ? {} : { inside: nested(levels - 1) });

let runs = 0;
let rings = 0;
let take: Parameters<EventSources['open']>[1] | undefined;

const offer: Offer = {
  ...emptyOffer,
  triggers: [{ id: 'bell', title: 'Bell', kind: 'subscribe' }],
  tools: [
    tool('echo', async ({ message }) => text(String(message))),
    tool(
      'wait',
      ({ ms }, ctx) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => resolve(text('waited')), Number(ms));
          ctx.onAbort(() => clearTimeout(timer));
        }),
    ),
    tool('work', async (_, ctx) => {
      for (let step = 1; !ctx.aborted; step++) {
        ctx.progress(step, undefined);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return text('ended');
    }),
    tool('long', async ({ chars }) => text('a'.repeat(Number(chars)))),
    tool('deep', async ({ levels }) => ({ ...text('deep'), structured: nested(Number(levels)) })),
    tool('kept', async () => text(String(++runs).padStart(8, '0')), { cache: { ttlMs: 600_000, key: ({ by }) => String(by) } }),
    tool('strange', async () => text('from strangers'), { untrusted: true }),
    tool('ask', async (_, ctx) => {
      const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
      const answers = await ctx.ask({ q: { kind: 'form', message: 'Your name?', schema } });
      return text(JSON.stringify(answers));
    }),
    tool('a_tool_with_a_long_name', async () => text('long name')),
    tool('ring', async () => {
      await take?.(`ring ${++rings}`, { summary: 'rung' });
      return text(take ? 'rung' : 'nobody listens');
    }),
    tool('described', async () => text('described'), { description: 'A description that is longer than others. '.repeat(10) }),
    tool('detailed', async () => text('detailed'), {
      input: {
        type: 'object',
        properties: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`argument${i}`, { type: 'string' }])),
      },
    }),
  ],
};

const eventSources: EventSources = {
  everyMs: () => 60_000,
  look: async (_, state) => ({ state }),
  async open(_, next) {
    take = next;
    return async () => {
      take = undefined;
    };
  },
  passes: async () => true,
};

export const probeAdapter: Adapter = {
  kind: 'probe',
  options: {},
  paths: [],
  async read({ key, path }) {
    if (!path.endsWith('.probe')) return null;
    const id = basename(path, '.probe');
    return [{ id: key ?? id, version: '1', adapter: 'probe', origin: path, watch: [], digest: id }];
  },
  async open(manifest) {
    const isStuck = manifest.digest === 'stuck';
    return {
      manifest,
      eventSources,
      offer: () => (isStuck ? undefined : offer),
      state: () => (isStuck ? 'opening' : 'ready'),
      start: async () => undefined,
      onChange: () => undefined,
      close: async () => undefined,
    };
  },
};
