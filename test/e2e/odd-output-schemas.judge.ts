import { describe, expect, it } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { rawUpstream, toolOf } from '../support/raw-upstream.ts';

const of = (a: unknown, more: object = {}) => ({ type: 'object', properties: { a }, ...more });
const SCHEMAS: Readonly<Record<string, object>> = {
  good: of({ type: 'string' }),
  nameless: of({ type: 'string' }, { required: [null] }),
  unmade: { type: 'object', properties: 5 },
  flat: of(true),
  foreign: of({ type: 'strin' }),
  dangling: of({ $ref: '#/nope' }),
  away: of({ $ref: 'https://example.com/x' }),
  pattern: of({ type: 'string', pattern: '(' }),
  older: of({ type: 'string', minLength: 1, id: 'x' }, { $schema: 'http://json-schema.org/draft-04/schema#' }),
  unspoken: of({ type: 'string' }, { $schema: 5 }),
  empty: of({ enum: [] }),
  list: { type: 'array', items: { type: 'string' } },
};

describe.each(GENERATIONS)('%s', (generation) => {
  it('lists and calls every tool, with any output schemas of their servers', { tags: ['output-compilable'] }, async () => {
    const up = await rawUpstream(({ method }) =>
      method === 'tools/list'
        ? { tools: Object.entries(SCHEMAS).map(([name, outputSchema]) => toolOf(name, { outputSchema })) }
        : { content: [{ type: 'text', text: '{"a":"x"}' }], structuredContent: { a: 'x' } },
    );
    const gateway = await serve(writeConfig({ mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } }));
    const client = await connect(generation, gateway.at(generation === 'v1.0' ? 'sse' : 'http'));
    await until('all are listed', async () => (await client.list()).length === Object.keys(SCHEMAS).length);
    for (const name of Object.keys(SCHEMAS)) {
      const result = await client.call(name);
      expect([name, result.isError || undefined, result.content]).toEqual([name, undefined, [{ type: 'text', text: '{"a":"x"}' }]]);
    }
  });
});
