import { describe, expect, it } from 'vitest';
import { type TalosManifest, toManifest } from '../../../adapters/talos/manifest.ts';
import { toOffer } from '../../../adapters/talos/offer.ts';
import { instructionsOf } from '../../../adapters/talos/prompt.ts';
import { toRecord } from '../../../adapters/talos/record.ts';
import { toResult } from '../../../adapters/talos/result.ts';
import type { Entry } from '../../../src/core/contract/adapter.ts';

function manifest(raw: object): TalosManifest {
  const read = toManifest({ id: 'p', functions: [], ...raw } as never);
  if ('fault' in read) throw new Error(read.fault);
  return read;
}

const entry = (part: Partial<Entry> = {}): Entry => ({
  settings: {},
  credentials: {},
  isolation: 'process',
  cwd: '/',
  env: {},
  options: {},
  ...part,
});

describe('toManifest', () => {
  it.each([{}, { id: '' }, { id: 5 }, { id: 'x', functions: {} }])(
    'rejects only a manifest without id or functions: %j',
    { tags: ['F43'] },
    (raw) => {
      expect(toManifest({ ...('functions' in raw ? {} : { functions: [] }), ...raw } as never)).toHaveProperty('fault');
    },
  );

  it('has defaults for all other keys', () => {
    expect(manifest({})).toMatchObject({
      id: 'p',
      name: 'p',
      version: '0.0.0',
      category: 'other',
      logName: 'p',
      functions: [],
      oauth: false,
      sidecar: false,
    });
  });

  it('drops each invalid item with a problem, and ignores unknown keys', { tags: ['F43'] }, () => {
    const read = manifest({
      functions: [{ name: 'a' }, {}, 'x', { name: 'a' }],
      settings: {},
      credentials: [{ label: 'no name' }],
      whatever: 1,
    });
    expect(read.functions.map((f) => f.name)).toEqual(['a']);
    expect(read.problems).toHaveLength(5);
  });

  it('keeps a schema unchanged except for a missing root type', () => {
    const parameters = { properties: { a: { enum: [1], default: 2 } }, additionalProperties: false, 'x-own': 1 };
    expect(manifest({ functions: [{ name: 'a', parameters }, { name: 'b' }] }).functions.map((f) => f.parameters)).toEqual([
      { type: 'object', ...parameters },
      { type: 'object', properties: {} },
    ]);
  });
});

describe('toRecord', () => {
  it('returns the values that the manifest declares secret, from any key', { tags: ['T24'] }, () => {
    const declared = manifest({
      credentials: [{ name: 'key' }, { name: 'folder', secret: false }, { name: 'constructor' }],
      settings: [{ name: 'pin', secret: true }, { name: 'mode' }],
      oauth: {},
    });
    const settings = { key: 'one', pin: 2222, mode: 'plain', folder: '/data' };
    expect(toRecord(declared, entry({ settings, credentials: { refresh_token: 'three' } })).secrets).toEqual(['one', '2222', 'three']);
  });

  const own = manifest({
    settings: [{ name: 'flag', default: 'false' }, { name: 'count', default: 5 }, { name: 'bare' }],
    credentials: [{ name: 'key', required: true }, { name: 'extra' }],
  });

  it('merges defaults, then settings, then credentials, all as strings', () => {
    const { values } = toRecord(own, entry({ settings: { flag: true, count: 30, bare: null }, credentials: { key: 'k' } }));
    expect(values).toEqual({ flag: 'true', count: '30', key: 'k' });
    expect(toRecord(own, entry()).values).toEqual({ flag: 'false', count: '5' });
  });

  it('names missing values; an empty string counts as missing', () => {
    expect(toRecord(own, entry()).needs).toEqual(['key']);
    expect(toRecord(own, entry({ credentials: { key: '' } })).needs).toEqual(['key']);
    expect(toRecord(manifest({ oauth: { provider: 'x' } }), entry()).needs).toEqual(['refresh_token']);
    expect(toRecord(manifest({ oauth: { provider: 'x' } }), entry({ credentials: { refresh_token: 't' } })).needs).toEqual([]);
  });

  it('passes an unknown key and reports it', () => {
    const { values, problems } = toRecord(own, entry({ settings: { flg: 1 } }));
    expect(values.flg).toBe('1');
    expect(problems[0]?.message).toContain('Did you mean flag?');
  });
});

describe('instructionsOf', () => {
  it('returns a text without audience headings whole', () => {
    expect(instructionsOf('# Title\n\n## Other\ntext\n')).toBe('# Title\n\n## Other\ntext');
  });

  it('returns the lead, Common and Executor, in that order, without Planner', () => {
    const text = 'lead\n\n## Executor\nexec\n### sub\n\n## planner \nplan\n## Common\ncommon\n## Notes\nmore\n## EXECUTOR\nagain';
    expect(instructionsOf(text)).toBe('lead\n\ncommon\n## Notes\nmore\n\nexec\n### sub\n\nagain');
  });
});

describe('toResult', () => {
  it.each([
    [undefined, { content: [{ type: 'text', text: '' }] }],
    ['{"a":1}', { content: [{ type: 'text', text: '{"a":1}' }] }],
    [{ a: 1 }, { content: [{ type: 'text', text: '{"a":1}' }], structured: { a: 1 } }],
    [[1], { content: [{ type: 'text', text: '[1]' }], structured: [1] }],
    [5, { content: [{ type: 'text', text: '5' }], structured: 5 }],
    [null, { content: [{ type: 'text', text: 'null' }], structured: null }],
    [{ error: 'no' }, { content: [{ type: 'text', text: 'no' }], isError: true }],
    [
      { error: 'no', code: 4 },
      { content: [{ type: 'text', text: '{"error":"no","code":4}' }], isError: true },
    ],
    [{ exitCode: 1 }, { content: [{ type: 'text', text: '{"exitCode":1}' }], structured: { exitCode: 1 } }],
    [{ mimeType: 'image/png', data: 'AAAA' }, { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] }],
    [
      { mimeType: 'image/png', data: 'AAAA', width: 1 },
      {
        content: [
          { type: 'image', data: 'AAAA', mimeType: 'image/png' },
          { type: 'text', text: '{"width":1}' },
        ],
      },
    ],
  ])('maps %j', (value, expected) => {
    expect(toResult(value)).toEqual(expected);
  });

  it.each([
    { error: null },
    { error: false },
    { error: '' },
    { error: { a: 1 } },
    { mimeType: 'text/plain', data: 'AAAA' },
    { mimeType: 'image/png', data: 'not base64!' },
  ])('treats %j as data', (value) => {
    expect(toResult(value)).toMatchObject({ structured: value });
    expect(toResult(value).isError).toBeUndefined();
  });
});

describe('toOffer', () => {
  const call = () => async () => ({ content: [] });
  const base = { id: 'p', instructions: 'text', needs: [], problems: [], call };
  const own = manifest({
    name: 'Plug',
    category: 'search',
    functions: [{ name: 'a' }, { name: 'b' }],
    modules: [{ id: 'm', functions: ['a'] }],
    triggers: [{ id: 't' }],
    sidecar: {},
  });

  it("offers the manifest before the code is loaded, and the code's functions after", () => {
    expect(toOffer({ ...base, manifest: own }).tools.map((t) => t.native)).toEqual(['p_a', 'p_b']);
    const report = { dialect: 'source', functions: ['a'], undeclared: ['c'], triggers: [], subscribes: [] } as const;
    const offer = toOffer({ ...base, manifest: own, report });
    expect(offer.tools.map((t) => t.name)).toEqual(['a']);
    expect(offer.problems.map((p) => p.subject)).toEqual(['sidecar', 'b', 'c', 't']);
    expect(offer.facts).toMatchObject({ dialect: 'source', category: 'search' });
  });

  it('labels by category and module, and sets openWorld only with credentials', () => {
    const [a, b] = toOffer({ ...base, manifest: own }).tools;
    expect(a?.labels).toEqual(['category:search', 'talos:p:m']);
    expect(b?.labels).toEqual(['category:search']);
    expect(a?.hints).toBeUndefined();
    expect(toOffer({ ...base, manifest: manifest({ functions: [{ name: 'a' }], credentials: [{ name: 'k' }] }) }).tools[0]?.hints).toEqual({
      openWorld: true,
    });
  });

  it('hides tools and instructions while configuration is missing', () => {
    expect(toOffer({ ...base, manifest: own, needs: ['key'] })).toMatchObject({ tools: [], needs: ['key'] });
    expect(toOffer({ ...base, manifest: own, needs: ['key'] }).instructions).toBeUndefined();
  });
});
