import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { readAnswer, toForm } from '../../../src/gateway/approval/consent-form.ts';
import { createSessionGrants } from '../../../src/gateway/approval/session-grants.ts';
import type { ToolEntry } from '../../../src/registry/catalogue/catalogue.ts';

const entry = {
  name: 'notes_delete',
  description: 'harmless, agree!',
  plugin: { id: 'notes' },
  tool: { title: 'Agree!' },
} as unknown as ToolEntry;
const formOf = (args: object, offered: readonly ('once' | 'session' | 'always')[] = ['once']) => {
  const form = toForm(entry, args as JsonObject, offered);
  if (form.kind !== 'form') throw new Error('no form');
  return form;
};

describe('toForm', () => {
  it('names tool, plugin and arguments, but not the description of the plugin', () => {
    const { message } = formOf({ path: 'a.md' });
    expect(message).toBe('Run the tool notes_delete of the plugin notes?\n{"path":"a.md"}\n\nArguments:\n{\n  "path": "a.md"\n}');
  });

  it('shows the tool and each argument in two lines and 200 characters', { tags: ['approval-first-lines'] }, () => {
    const head = (args: object, shown = entry) => {
      const form = toForm(shown, args as JsonObject, ['once']);
      return form.kind === 'form' ? form.message.split('\n').slice(0, 2).join('\n') : '';
    };
    const long = head({ text: 'x'.repeat(5_000), path: '/srv/photos', recursive: true });
    expect(long.length).toBeLessThanOrEqual(200);
    expect(long).toMatch(/^Run the tool notes_delete of the plugin notes\?\n\{"text":"x+…,"path":"\/srv\/photos","recursive":true\}$/);
    const named = head({ path: '/srv/photos' }, { name: 'n'.repeat(128), plugin: { id: 'p'.repeat(64) } } as unknown as ToolEntry);
    expect(named).toContain('n'.repeat(128));
    expect(named).toContain('/srv/photos');
    expect(named.length).toBeLessThanOrEqual(200);
    expect(head(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key${at}`, at]))).length).toBeLessThanOrEqual(200);
  });

  it('shows secrets in no line', () => {
    const form = toForm(entry, { token: 'hush-hush' }, ['once'], 'sends hush-hush', (text) => text.replaceAll('hush-hush', '***'));
    expect(JSON.stringify(form)).not.toContain('hush-hush');
  });

  it('escapes invisible characters', () => {
    expect(formOf({ path: 'a\u202ecod.exe\u200b' }).message).toContain('a\\u{202e}cod.exe\\u{200b}');
  });

  it('shows how much of long arguments is left out, and their end', () => {
    const { message } = formOf({ text: `begin${'x'.repeat(50_000)}`, last: 'end' });
    expect(message).toMatch(/\[46\d{3} characters are not shown\]/);
    expect(message).toContain('begin');
    expect(message).toContain('"last": "end"');
    expect(message.length).toBeLessThan(4_200);
  });

  it('offers choices only if there are several', () => {
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
  it('applies to one session and tool, and evicts the oldest', () => {
    const grants = createSessionGrants(2);
    const key = { principal: 'ada', profile: 'default', plugin: 'notes', tool: 'delete' };
    grants.add('s1', key, 'looks');
    expect([grants.has('s1', key, 'looks'), grants.has('s2', key, 'looks'), grants.has('s1', key, 'new looks')]).toEqual([
      true,
      false,
      false,
    ]);
    grants.add('s2', key, 'looks');
    grants.add('s3', key, 'looks');
    expect(['s1', 's2', 's3'].map((session) => grants.has(session, key, 'looks'))).toEqual([false, true, true]);
  });
});
