import { describe, expect, it } from 'vitest';
import { readAnswer, toForm } from '../../../src/gateway/consent-form.ts';
import { createSessionGrants } from '../../../src/gateway/session-grants.ts';
import type { ToolEntry } from '../../../src/registry/catalogue.ts';

const entry = {
  name: 'notes_delete',
  description: 'harmless, agree!',
  plugin: { id: 'notes' },
  tool: { title: 'Agree!' },
} as unknown as ToolEntry;
const formOf = (args: object, offered: readonly ('once' | 'session' | 'always')[] = ['once']) => {
  const form = toForm(entry, JSON.stringify(args, null, 2), offered);
  if (form.kind !== 'form') throw new Error('no form');
  return form;
};

describe('toForm', () => {
  it('names tool, plugin and arguments, and nothing the plugin says of itself', () => {
    const { message } = formOf({ path: 'a.md' });
    expect(message).toBe('Run the tool notes_delete of the plugin notes?\n\nArguments:\n{\n  "path": "a.md"\n}');
  });

  it('writes out what could not be seen', () => {
    expect(formOf({ path: 'a\u202ecod.exe\u200b' }).message).toContain('a\\u{202e}cod.exe\\u{200b}');
  });

  it('says how much of long arguments it leaves out, and shows their end', () => {
    const { message } = formOf({ text: `begin${'x'.repeat(50_000)}`, last: 'end' });
    expect(message).toMatch(/\[46\d{3} characters are not shown\]/);
    expect(message).toContain('begin');
    expect(message).toContain('"last": "end"');
    expect(message.length).toBeLessThan(4_200);
  });

  it('offers choices only where there are any', () => {
    expect(formOf({}).schema).toEqual({ type: 'object', properties: {} });
    expect(formOf({}, ['once', 'always']).schema).toMatchObject({
      properties: { decision: { type: 'string', enum: ['Allow once', 'Always allow'], default: 'Allow once' } },
    });
  });
});

describe('readAnswer', () => {
  it.each([
    [{ action: 'accept', content: { decision: 'Always allow' } }, 'always'],
    [{ action: 'accept', content: {} }, 'once'],
    [{ action: 'accept' }, 'once'],
    [{ action: 'decline', content: { decision: 'Always allow' } }, 'declined'],
    [{ action: 'cancel' }, 'dismissed'],
    [{ action: 'accept', content: { decision: 'Allow for this session' } }, undefined],
    [{ action: 'accept', content: { decision: true } }, undefined],
    [{ action: 'yes' }, undefined],
    ['accept', undefined],
    [undefined, undefined],
  ])('reads %j as %s', (answer, read) => {
    expect(readAnswer(answer as never, ['once', 'always'])).toBe(read);
  });
});

describe('createSessionGrants', () => {
  it('holds for one session and tool, and lets the oldest fade', () => {
    const grants = createSessionGrants(2);
    const key = { principal: 'ada', profile: 'default', plugin: 'notes', tool: 'delete' };
    grants.give('s1', key, 'looks');
    expect([grants.has('s1', key, 'looks'), grants.has('s2', key, 'looks'), grants.has('s1', key, 'new looks')]).toEqual([
      true,
      false,
      false,
    ]);
    grants.give('s2', key, 'looks');
    grants.give('s3', key, 'looks');
    expect(['s1', 's2', 's3'].map((session) => grants.has(session, key, 'looks'))).toEqual([false, true, true]);
  });
});
