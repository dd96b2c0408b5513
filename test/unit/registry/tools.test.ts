import { describe, expect, it } from 'vitest';
import { textResult } from '../../../src/core/contract/content.ts';
import type { Tool } from '../../../src/core/contract/tool.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { vetTools } from '../../../src/registry/offer/tools.ts';
import { createValidatorSet } from '../../../src/registry/validators.ts';

import { LIMITS } from '../../support/vetting.ts';

const tool = (name: unknown, more: object = {}): Tool =>
  ({ name, description: 'd', input: { type: 'object' }, approval: 'auto', call: async () => textResult(''), ...more }) as Tool;
const vetting = () => ({ plugin: 'p', limits: LIMITS, validators: createValidatorSet(), validate: true });
const vet = (tools: readonly Tool[]) => vetTools(tools, vetting());

describe('vetTools', () => {
  it('reuses the result for a schema until its contents change, even in the same object', async () => {
    const shared = vetting();
    const input: JsonObject = { type: 'object', required: ['a'] };
    const first = await vetTools([tool('same', { input }), tool('other')], shared);
    const second = await vetTools(
      [tool('same', { input: { ...input }, description: 'new' }), tool('other', { input: { type: 'string' } })],
      shared,
      first,
    );
    expect(second.tools).toMatchObject([{ description: 'new' }]);
    expect(second.tools[0]?.checker).toBe(first.tools[0]?.checker);
    expect(second.quarantined).toMatchObject([{ tool: 'other', code: 'SCHEMA_REFUSED' }]);
    input.required = ['b'];
    const third = await vetTools([tool('same', { input })], shared, second);
    expect(third.tools[0]?.checker.validate({ b: 1 })).toBeUndefined();
    expect(third.tools[0]?.checker.validate({ a: 1 })).toContain('b');
  });

  it('rejects only the tool whose schema cannot be serialized', async () => {
    const round: JsonObject = { type: 'object' };
    round.properties = { round };
    const { tools, quarantined } = await vet([tool('round', { input: round }), tool('fine')]);
    expect(tools.map((t) => t.tool.name)).toEqual(['fine']);
    expect(quarantined).toMatchObject([{ tool: 'round', reason: 'its input schema cannot be written as JSON' }]);
  });

  it('serves the tools of one plugin up to the limit, in order, and reports the rest', { tags: ['F47', 'tools-list'] }, async () => {
    const { tools, quarantined } = await vet(Array.from({ length: 10_000 }, (_, i) => tool(`t${i}`)));
    expect(tools.map(({ tool: { name } }) => name)).toEqual(Array.from({ length: 500 }, (_, i) => `t${i}`));
    expect(quarantined).toHaveLength(9_500);
    expect(quarantined[0]).toMatchObject({ tool: 't500', code: 'TOOL_REFUSED', reason: 'plugin p offers more than 500 tools' });
  });

  it('rejects missing, too long, duplicate and hidden names, each separately', { tags: ['T10', 'T12', 'F46'] }, async () => {
    const { tools, quarantined } = await vet([
      ...['', 7, null, 'x'.repeat(129), 'a\u200bb', 'a\u202eb', 'tag\u{e0041}'].map((name) => tool(name)),
      tool('twice'),
      tool('twice'),
      tool('__proto__'),
      tool('constructor'),
    ]);
    expect(tools.map(({ tool: { name } }) => name)).toEqual(['twice', '__proto__', 'constructor']);
    expect(quarantined).toHaveLength(8);
    for (const { tool: shown } of quarantined) expect(shown).not.toMatch(/[\u200b\u202e\u{e0041}]/u);
  });

  it('escapes hidden characters in a description, and shortens it', { tags: ['T10'] }, async () => {
    const { tools } = await vet([tool('a', { description: 'see\u202e\u200b this' }), tool('b', { description: 'x'.repeat(1_000) })]);
    expect(tools.map(({ description }) => [description.length > 100, description.includes('\u202e')])).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(tools[0]?.description).toContain('\\u{202e}');
  });

  it.each([undefined, null, true, [], { type: 'string' }, { type: 'object', $id: 5 }])(
    'rejects only the tool with the schema %j',
    { tags: ['F49'] },
    async (input) => {
      const { tools, quarantined } = await vet([tool('bad', { input }), tool('good')]);
      expect([tools.map(({ tool: { name } }) => name), quarantined.map(({ code }) => code)]).toEqual([['good'], ['SCHEMA_REFUSED']]);
    },
  );
});
