import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { toOpenapi } from '../../../src/export/openapi.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';
import { oddSchemas, toolWith } from '../../support/odd-schemas.ts';
import { openapiFaults } from '../../support/openapi.ts';
import { asProperty, suiteCases } from '../../support/schema-suite.ts';

const FORMS = ['portable', 'gemini', 'verbatim'] as const;
/** Enough to find common faults; raise it for a manual run. */
const RUNS = Number(process.env.PLUGMUX_SHAPE_RUNS ?? 40);

const documentOf = (tools: readonly VisibleTool[], hasLogin = false): JsonObject =>
  JSON.parse(JSON.stringify(toOpenapi(tools, './tools', hasLogin))) as JsonObject;
const NODE = {
  type: 'object',
  properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
  required: ['name'],
};
const TREE = { type: 'object', properties: { root: { $ref: '#/$defs/node' } }, $defs: { node: NODE } } as unknown as JsonObject;

describe('the OpenAPI description', () => {
  it('is valid without tools, with a login, and with a title', { tags: ['openapi-valid'] }, async () => {
    expect(await openapiFaults(documentOf([]))).toEqual([]);
    const tool = toolWith(TREE, 'portable') as VisibleTool;
    const titled = { ...tool, shape: tool.shape, entry: { ...tool.entry, tool: { ...tool.entry.tool, title: 'A tree' } } };
    const document = documentOf([titled], true);
    expect(await openapiFaults(document)).toEqual([]);
    expect(document).toMatchObject({ openapi: '3.1.0', security: [{ token: [] }], paths: { '/odd': { post: { summary: 'A tree' } } } });
  });

  it.each(FORMS)('is valid for generated schemas in the %s form', { tags: ['openapi-valid'] }, async (form) => {
    // One document with all of them, since the validator compiles its own schemas for each document.
    const schemas = fc.array(oddSchemas, { minLength: RUNS, maxLength: RUNS });
    const check = async (all: readonly JsonObject[]): Promise<void> => {
      const tools = all.flatMap((schema, i) => toolWith(schema, form, `t${i}`) ?? []);
      expect(tools.length).toBeGreaterThan(RUNS / 4);
      expect(await openapiFaults(documentOf(tools))).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(schemas, check), { numRuns: 1, endOnFailure: true });
  });

  it('is valid for every schema of the JSON Schema suite in the portable form', { tags: ['openapi-valid'] }, async () => {
    const dialect = 'https://json-schema.org/draft/2020-12/schema';
    const tools = suiteCases('draft2020-12').flatMap(({ schema }, i) => toolWith(asProperty(schema, dialect), 'portable', `t${i}`) ?? []);
    expect(tools.length).toBeGreaterThan(200);
    expect(await openapiFaults(documentOf(tools))).toEqual([]);
  });

  it.each(FORMS.filter((form) => form !== 'gemini'))(
    'keeps the meaning of references in the %s form',
    { tags: ['openapi-valid'] },
    (form) => {
      const document = documentOf([toolWith(TREE, form) as VisibleTool]);
      const ajv = new Ajv2020({ strict: false });
      ajv.addSchema(document, 'doc');
      const accepts = ajv.compile({ $ref: 'doc#/paths/~1odd/post/requestBody/content/application~1json/schema' });
      expect(accepts({ root: { name: 'a', children: [{ name: 'b', children: [] }] } })).toBe(true);
      expect(accepts({ root: { name: 'a', children: [{ name: 'b', children: [{}] }] } })).toBe(false);
    },
  );

  it('leaves arguments alone that only look like references', () => {
    const tool = toolWith({ type: 'object', properties: { $ref: { type: 'string', default: '#/x' } } }, 'verbatim') as VisibleTool;
    expect(documentOf([tool])).toHaveProperty(
      ['paths', '/odd', 'post', 'requestBody', 'content', 'application/json', 'schema', 'properties', '$ref', 'default'],
      '#/x',
    );
  });
});
