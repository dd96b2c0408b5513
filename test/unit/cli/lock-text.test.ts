import { expect, it } from 'vitest';
import { describeChanges } from '../../../src/cli/commands/state/lock-text.ts';
import { escapeForTerminal } from '../../../src/core/text/text.ts';
import { type LockChange, lockChanges } from '../../../src/policy/lock-changes.ts';
import type { Lock, LockedTool } from '../../../src/policy/lock-file.ts';
import type { Catalogue } from '../../../src/registry/catalogue/catalogue.ts';

const HOSTILE = 'evil\u202egpj.exe\u001b[2J\u0085\u061c\u2066\r';

it('no text of a plugin begins a line of its own or acts on a terminal', { tags: ['lock-withheld'] }, () => {
  const forged = `a${HOSTILE}\n\nother › safe: gone\r\nother › safe: gone`;
  const changes: LockChange[] = [
    {
      plugin: 'p',
      tool: forged,
      kind: 'changed',
      surface: 's',
      description: [{ text: 'one ' }, { text: forged, added: true }, { text: forged, removed: true }],
      schema: [{ path: forged, what: `added: "${HOSTILE}"` }],
      hints: [{ name: forged, before: 'true', after: forged }],
      accepted: { at: 1, by: forged },
    },
  ];
  const text = describeChanges(changes);
  expect(text.split('\n').filter((line) => /^\S/.test(line))).toHaveLength(1);
  expect(text).toMatch(/^p › aevil\\u\{202e\}gpj/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be printed
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069]/);
  expect(escapeForTerminal(text)).toBe(text);
});

it('the differences of 1,000 tools are a few short lines each', { tags: ['lock-withheld'] }, () => {
  const long = 'It reads and writes records in a table that has many columns and rows. '.repeat(50);
  const tools = (end: string, type: string): Map<string, LockedTool> =>
    new Map(
      Array.from({ length: 1_000 }, (_, at) => {
        const properties = Object.fromEntries(Array.from({ length: 20 }, (_, p) => [`p${p}`, { type: p === 3 ? type : 'string' }]));
        return [`tool_${at}`, { surface: '', name: `tool_${at}`, description: `${long}${end}`, input: { type: 'object', properties } }];
      }),
    );
  const entries = [...tools('Then it sends them.', 'number')].map(([name, tool]) => [
    name,
    { ...tool, plugin: { id: 'p', digest: 'd' }, tool: { name }, others: [] },
  ]);
  const catalogue = { tools: new Map(entries as never), prompts: new Map(), skills: new Map(), instructions: [] } as unknown as Catalogue;
  const lock: Lock = new Map([['p', { digest: 'd', tools: tools('Then it ends.', 'string'), prompts: new Map(), skills: new Map() }]]);
  const changes = lockChanges({ lock, whole: () => catalogue, accepted: () => [] }, () => true);
  expect(changes).toHaveLength(1_000);
  const text = describeChanges(changes);
  expect(text.split('\n\n')[7]).toMatch(
    /^p › tool_7: changed\n {3}\[…\] .{0,80}Then it \[-ends-\]\[\+sends them\+\]\.\n {2}input\.p3\.type: "string" → "number"$/,
  );
  expect(text.length).toBeLessThan(300_000);
});
