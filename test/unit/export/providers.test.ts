import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { exportAnthropic } from '../../../src/export/anthropic.ts';
import type { Exporter } from '../../../src/export/exporter.ts';
import { exportGemini } from '../../../src/export/gemini.ts';
import { exportOpenai } from '../../../src/export/openai.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';
import { oddSchemas, toolWith } from '../../support/odd-schemas.ts';
import { API_FAULTS, type Api } from '../../support/provider-rules.ts';
import { asProperty, suiteCases } from '../../support/schema-suite.ts';

const EXPORTERS: Readonly<Record<Api, Exporter>> = { openai: exportOpenai, anthropic: exportAnthropic, gemini: exportGemini };
const APIS = Object.keys(EXPORTERS) as Api[];
const RUNS = Number(process.env.PLUGMUX_SHAPE_RUNS ?? 40);
const FORMS = ['portable', 'gemini', 'verbatim'] as const;

function exported(api: Api, tools: readonly VisibleTool[]): { faults: string[]; content: JsonValue; notes: (string | undefined)[] } {
  const [data, ...notes] = EXPORTERS[api]({ name: 'plugmux', server: { url: '' }, api: '', tools });
  const content = JSON.parse(JSON.stringify(data?.content)) as JsonValue;
  return { faults: API_FAULTS[api](content), content, notes: notes.map(({ note }) => note) };
}
const toolNames = (content: JsonValue): string[] =>
  [...JSON.stringify(content).matchAll(/\{(?:"type":"function",)?"name":"([^"]*)"/g)].map(([, name = '']) => name);

describe.each(APIS)('the export for %s', (api) => {
  it.each(FORMS)(
    'obeys the rules of the provider for generated schemas that a profile lists in the %s form',
    { tags: ['provider-rules'] },
    (form) => {
      fc.assert(
        fc.property(fc.array(oddSchemas, { minLength: 1, maxLength: 3 }), (schemas) => {
          const tools = schemas.flatMap((schema, i) => toolWith(schema, form, `t${i}`) ?? []);
          expect(exported(api, tools).faults).toEqual([]);
        }),
        { numRuns: Math.ceil(RUNS / 4) },
      );
    },
  );

  it('obeys them for every schema of the JSON Schema suite', { tags: ['provider-rules'] }, () => {
    const tools = (['draft2020-12', 'draft7'] as const).flatMap((draft) =>
      suiteCases(draft).flatMap(
        ({ schema }, i) => toolWith(asProperty(schema, 'https://json-schema.org/draft/2020-12/schema'), 'portable', `t${i}`) ?? [],
      ),
    );
    expect(tools.length).toBeGreaterThan(400);
    expect(exported(api, tools).faults.filter((fault) => !/tools in one request|two tools/.test(fault))).toEqual([]);
  });

  it('leaves out a tool with a name that the provider rejects, and says so', { tags: ['provider-rules'] }, () => {
    const simple = { type: 'object' } as JsonObject;
    const tools = ['good', 'x'.repeat(65), 'y'.repeat(128)].map((name) => toolWith(simple, 'portable', name) as VisibleTool);
    const { faults, content, notes } = exported(api, tools);
    expect([faults, toolNames(content)]).toEqual([[], ['good']]);
    expect(notes).toEqual([expect.stringMatching(/^Without x{65}, y{128}: .*64.*"names" in mcp\.json\.$/)]);
  });

  it('leaves out a tool whose renamed arguments a call would not restore', { tags: ['provider-rules'] }, () => {
    const odd = { type: 'object', properties: { 'a b': { type: 'string' } } } as JsonObject;
    expect(toolNames(exported(api, [toolWith(odd, 'portable') as VisibleTool]).content)).toEqual(['odd']);
    const { content, notes } = exported(api, [toolWith(odd, 'verbatim') as VisibleTool]);
    expect([toolNames(content), notes]).toEqual([[], [expect.stringContaining('verbatim')]]);
  });
});

it('warns if there are more tools than OpenAI takes in one request', { tags: ['provider-rules'] }, () => {
  const tools = Array.from({ length: 129 }, (_, i) => toolWith({ type: 'object' }, 'portable', `t${i}`) as VisibleTool);
  expect(exported('openai', tools.slice(1)).notes).toEqual([]);
  expect(exported('openai', tools).notes).toEqual([expect.stringContaining('128')]);
});

it.each(APIS)('flattens a tuple beside a rule that accepts nothing, for %s', { tags: ['provider-rules'] }, (api) => {
  const schema = { type: 'object', properties: { a: { items: [true], not: true } } } as JsonObject;
  const constant = { type: 'object', properties: { a: { const: [] } } } as JsonObject;
  expect(
    exported(api, [toolWith(schema, 'portable', 'a') as VisibleTool, toolWith(constant, 'portable', 'b') as VisibleTool]).faults,
  ).toEqual([]);
});

it('has rules that find faults', () => {
  const bad: JsonObject = { type: 'object', properties: { 'a b': { type: ['string', 'null'] }, c: { type: 'array' } }, anyOf: [] };
  expect(API_FAULTS.openai([{ type: 'function', name: 'a.b', parameters: bad, strict: false }]).length).toBeGreaterThan(2);
  expect(API_FAULTS.anthropic([{ name: 'a.b', input_schema: bad }]).length).toBeGreaterThan(2);
  expect(API_FAULTS.gemini([{ functionDeclarations: [{ name: '1', parametersJsonSchema: bad }] }]).length).toBeGreaterThan(2);
});
