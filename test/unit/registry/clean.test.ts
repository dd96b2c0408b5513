import { describe, expect, it } from 'vitest';
import { emptyOffer, type Offer } from '../../../src/core/contract/plugin.ts';
import { ORIGIN_KEY } from '../../../src/core/instance.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { cleanManifest, cleanOffer } from '../../../src/registry/offer/clean-offer.ts';
import { vetTools } from '../../../src/registry/offer/tools.ts';
import { cleanSchema } from '../../../src/registry/schemas/clean.ts';
import { createValidatorSet } from '../../../src/registry/validators.ts';
import { LIMITS } from '../../support/vetting.ts';

const E = '\u001b]52;c;eA==\u0007\u202e\u{e0041}\u200b\ufeff';
const SHOWN = '\\u{1b}]52;c;eA==\\u{7}\\u{202e}\\u{e0041}\\u{200b}\\u{feff}';
const soft = 'na\u00adme';
const none = async (): Promise<never> => ({}) as never;

const offer = (parts: object): Offer => ({ ...emptyOffer, ...parts }) as Offer;

describe('cleanOffer', () => {
  it('escapes hidden characters in every text of tools, prompts, resources and templates', { tags: ['T10'] }, () => {
    const texts = {
      title: E,
      description: `a\r\n${E}`,
      meta: { [`x/${E}`]: [E, { deep: E }] },
      extras: { icons: [{ src: E, sizes: [E] }] },
    };
    const resource = { ...texts, name: E, mimeType: E, annotations: { audience: [E] } };
    const { offer: clean, problems } = cleanOffer(
      offer({
        tools: [{ ...texts, name: 't', aliases: ['fine', soft], input: {}, approval: 'auto', call: none }],
        prompts: [{ ...texts, name: 'p', arguments: [{ name: 'a', title: E, description: E, more: [E] }], get: none }],
        resources: [{ ...resource, uri: 'x:y', read: none }],
        templates: [{ ...resource, uriTemplate: 'x:{y}', read: none }],
        triggers: [{ id: 'i', title: E, description: E }],
        facts: { server: E },
        profiles: [{ name: 'n', instructions: E, plugins: [] }],
      }),
    );
    const [tool] = clean.tools;
    const [prompt] = clean.prompts;
    const meta = { [`x/${SHOWN}`]: [SHOWN, { deep: SHOWN }] };
    const extras = { icons: [{ src: SHOWN, sizes: [SHOWN] }] };
    expect([tool?.title, tool?.meta, tool?.extras, tool?.aliases]).toEqual([SHOWN, meta, extras, ['fine']]);
    expect([prompt?.title, prompt?.description, prompt?.meta, prompt?.extras]).toEqual([SHOWN, `a\n${SHOWN}`, meta, extras]);
    expect(prompt?.arguments).toEqual([{ name: 'a', title: SHOWN, description: SHOWN, more: [SHOWN] }]);
    for (const { name, title, description, mimeType, annotations, meta: own } of [...clean.resources, ...clean.templates])
      expect([name, title, description, mimeType, annotations, own]).toEqual([
        SHOWN,
        SHOWN,
        `a\n${SHOWN}`,
        SHOWN,
        { audience: [SHOWN] },
        meta,
      ]);
    expect([clean.triggers, clean.facts, clean.profiles?.[0]?.instructions]).toEqual([
      [{ id: 'i', title: SHOWN, description: SHOWN }],
      { server: SHOWN },
      SHOWN,
    ]);
    expect([tool?.call, prompt?.get, problems]).toEqual([none, none, []]);
  });

  it('returns the same objects for an offer without hidden characters', () => {
    const given = offer({
      tools: [{ name: 't', title: 'T', meta: { 'x/y': 1 }, extras: {} }],
      prompts: [{ name: 'p', arguments: [{ name: 'a' }] }],
    });
    const { offer: clean } = cleanOffer(given);
    expect(clean.tools[0]).toBe(given.tools[0]);
    expect(clean.prompts[0]).toBe(given.prompts[0]);
  });

  it('drops items with hidden characters in names or addresses, and reports them', { tags: ['T10'] }, () => {
    const { offer: clean, problems } = cleanOffer(
      offer({
        prompts: [
          { name: soft, get: none },
          { name: 'needs', arguments: [{ name: soft, required: true }], get: none },
          { name: 'may', arguments: [{ name: soft }, { name: 'b' }], get: none },
        ],
        resources: [
          { uri: 'x:\u200b', name: 'r', read: none },
          { uri: 'x:می\u200cخواهم', name: 'r', read: none },
        ],
        templates: [{ uriTemplate: 'x:\u202e{y}', name: 'r', read: none }],
      }),
    );
    expect(clean.prompts.map(({ name, arguments: args }) => [name, args?.map((a) => a.name)])).toEqual([['may', ['b']]]);
    expect([clean.resources.length, clean.templates.length]).toEqual([1, 0]);
    expect(problems.map(({ subject }) => subject)).toEqual(['na\\u{ad}me', 'needs', 'na\\u{ad}me', 'x:\\u{200b}', 'x:\\u{202e}{y}']);
    for (const { message } of problems) expect(message).toMatch(/is not served: .*contains invisible characters/);
  });

  it('removes _meta keys that only the gateway sets, except the origins of other gateways', () => {
    const forged = {
      'plugmux/approval': 'auto',
      'plugmux/error': {},
      [ORIGIN_KEY]: { gateway: 'g', note: 'x', from: { gateway: 'h' } },
      'x/y': 1,
    };
    const { offer: clean } = cleanOffer(offer({ tools: [{ name: 't', meta: forged }] }));
    expect(clean.tools[0]?.meta).toEqual({ 'x/y': 1, [ORIGIN_KEY]: { gateway: 'g', from: { gateway: 'h' } } });
  });

  it('cleans a manifest', { tags: ['T10'] }, () => {
    const manifest = { id: 'p', title: E, description: E, version: `1${E}`, adapter: 'a', origin: '', watch: [], digest: 'd' };
    expect(cleanManifest(manifest)).toEqual({ ...manifest, title: SHOWN, description: SHOWN, version: `1${SHOWN}` });
  });
});

describe('cleanSchema', () => {
  const clean = (schema: JsonObject, promised?: boolean) => ({ ...cleanSchema(schema, promised), schema });

  it('escapes texts at any depth, also below unknown keywords', { tags: ['T10'] }, () => {
    const texts = { title: E, description: E, $comment: E, errorMessage: { type: E }, 'x-any': [{ label: E }] };
    const shown = { title: SHOWN, description: SHOWN, $comment: SHOWN, errorMessage: { type: SHOWN }, 'x-any': [{ label: SHOWN }] };
    const build = (t: object) => ({
      ...t,
      type: 'object',
      properties: {
        description: { ...t, type: 'string' },
        default: { items: { ...t }, prefixItems: [t] },
        enum: { anyOf: [t, { not: t }] },
      },
      $defs: { a: t },
      patternProperties: { '^x': t },
      additionalProperties: t,
    });
    expect(clean(build(texts) as never)).toEqual({ dropped: [], schema: build(shown) });
  });

  it('drops optional properties, defaults and examples with hidden characters', { tags: ['T10'] }, () => {
    const schema = { properties: { [soft]: {}, a: { default: [soft], examples: ['x', soft], enum: ['x'] }, b: { default: 'x' } } };
    expect(clean(schema)).toEqual({
      dropped: ['#/properties/na\\u{ad}me', '#/properties/a/default', '#/properties/a/examples'],
      schema: { properties: { a: { enum: ['x'] }, b: { default: 'x' } } },
    });
  });

  it.each([
    ['enum', { properties: { a: { enum: ['x', 'zero\u200bwidth'] } } }],
    ['enum, deep', { properties: { a: { enum: [{ k: [soft] }] } } }],
    ['const', { properties: { a: { const: { [soft]: 1 } } } }],
    ['pattern', { properties: { a: { items: { pattern: 'a\u200b' } } } }],
    ['patternProperties', { patternProperties: { 'a\u200b': {} } }],
    ['a required name', { properties: { [soft]: {} }, required: [soft] }],
    ['a dependent name', { properties: { a: {} }, dependentRequired: { a: [soft] } }],
    ['the name of a definition', { $defs: { [soft]: {} } }],
    ['a reference', { $ref: '#/$defs/na\u00adme' }],
  ])('rejects a schema with hidden characters in %s', { tags: ['T10'] }, (_, schema) => {
    expect(cleanSchema(schema as never).refused).toContain('contains invisible characters');
  });

  it('rejects a closed output schema that names such a property', () => {
    const schema = () => ({ properties: { [soft]: {} }, additionalProperties: false });
    expect(cleanSchema(schema(), true).refused).toContain('na\\u{ad}me');
    expect(cleanSchema(schema())).toMatchObject({ dropped: ['#/properties/na\\u{ad}me'] });
  });

  it('keeps joiners in names and values of languages that use them', { tags: ['T10'] }, () => {
    const joined = 'می\u200cخواهم';
    const schema = { properties: { [joined]: { enum: [joined], pattern: joined, default: '👨\u200d👩' } }, required: [joined] };
    expect(clean(structuredClone(schema))).toEqual({ dropped: [], schema });
  });
});

describe('vetTools', () => {
  const tool = (name: string, input: object, more: object = {}) =>
    ({ name, description: '', input, approval: 'auto', call: none, ...more }) as never;
  const vet = (tools: never[]) => vetTools(tools, { plugin: 'p', limits: LIMITS, validators: createValidatorSet(), validate: true });

  it('serves a tool without its optional hidden parts, and rejects it if they are required', { tags: ['T10'] }, async () => {
    const { tools, quarantined } = await vet([
      tool('fine', { type: 'object', title: E, properties: { [soft]: {}, a: { default: soft } } }),
      tool('exact', { type: 'object', properties: { a: { enum: [soft] } } }),
      tool('promises', { type: 'object' }, { output: { type: 'object', properties: { a: { const: soft } } } }),
      tool('shown', { type: 'object' }, { native: 'a\u202eb' }),
    ]);
    expect(tools).toMatchObject([
      { schema: { title: SHOWN, properties: { a: {} } }, dropped: ['#/properties/na\\u{ad}me', '#/properties/a/default'] },
    ]);
    expect(tools[0]?.checker.validate({ [soft]: 1, a: 2 })).toBeUndefined();
    expect(quarantined.map(({ tool: name, code }) => [name, code])).toEqual([
      ['exact', 'SCHEMA_REFUSED'],
      ['promises', 'SCHEMA_REFUSED'],
      ['shown', 'TOOL_REFUSED'],
    ]);
  });
});
