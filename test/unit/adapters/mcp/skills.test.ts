import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toSkills } from '../../../../adapters/mcp/lists/skills.ts';
import type { Problem } from '../../../../src/core/contract/plugin.ts';
import type { Skill } from '../../../../src/core/contract/skill.ts';
import type { CallContext } from '../../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../../src/core/json/json.ts';

const ctx = {} as CallContext;
const digestOf = (text: string | Buffer): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const textFor = (name: string): string => `---\nname: ${name}\ndescription: Does ${name}\n---\nDo it.\n`;
const frontOf = (name: string): JsonObject => ({ name, description: `Does ${name}` });

function fileOf(uri: string, text: string, more: JsonObject = {}): JsonObject {
  return { uri, digest: digestOf(text), size: Buffer.byteLength(text), ...more };
}

/** A faultless entry at an address, with changes. */
function entryAt(root: string, more: JsonObject = {}): JsonObject {
  const name = root.slice(root.lastIndexOf('/') + 1);
  const uri = `${root}/SKILL.md`;
  return { uri, frontmatter: frontOf(name), resources: [fileOf(uri, textFor(name))], ...more };
}

interface Server {
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly entry?: () => JsonValue;
  readonly folder?: (uri: string) => readonly JsonValue[];
}

/** What is served of a list, and the addresses that were asked of the server. */
function served(items: readonly JsonValue[], { files = {}, entry = () => null, folder = () => [] }: Server = {}) {
  const problems: Problem[] = [];
  const asked: string[] = [];
  const skills = toSkills(
    items,
    {
      pluginId: 'up',
      calls: {
        async read(uri) {
          asked.push(uri);
          const found = files[uri];
          if (found === undefined) return { contents: [] };
          return { contents: [typeof found === 'string' ? { uri, text: found } : { uri, blob: found.toString('base64') }] };
        },
        async skill(uri) {
          asked.push(`get ${uri}`);
          return entry();
        },
        async folder(uri) {
          asked.push(`folder ${uri}`);
          return folder(uri);
        },
      },
    },
    problems,
  );
  return { skills, problems, asked, only: skills[0] as Skill };
}

const GOOD = entryAt('skill://good');
const long = 'x'.repeat(1_025);

describe('an entry of an upstream server', () => {
  it.each<[string, JsonValue]>([
    ['null', null],
    ['a text', 'skill://a/SKILL.md'],
    ['a list', [GOOD]],
    ['an empty object', {}],
    ['an address that is a number', { ...GOOD, uri: 5 }],
    ['no SKILL.md in the address', { ...GOOD, uri: 'skill://good/skill.md' }],
    ['no scheme', entryAt('good')],
    ['an empty part', entryAt('skill://a//good')],
    ['a query', { ...entryAt('skill://a?b/good') }],
    ['a blank', entryAt('skill://a b/good')],
    ['a null character', entryAt('skill://a\0/good')],
    ['a hidden character', entryAt('skill://a\u200b/good')],
    ['a part that leads up', entryAt('skill://a/../good')],
    ['an encoded part that leads up', entryAt('skill://a/%2e%2E/good')],
    ['a part that stays', entryAt('skill://a/./good')],
    ['an encoded slash', entryAt('skill://a%2Fb/good')],
    ['a backslash', entryAt('skill://a\\b/good')],
    ['a broken escape', entryAt('skill://a/%zz/good')],
    ['no front matter', { ...GOOD, frontmatter: null }],
    ['a name of another folder', { ...GOOD, frontmatter: frontOf('other') }],
    ['a name with capitals', entryAt('skill://Good')],
    ['no description', { ...GOOD, frontmatter: { name: 'good' } }],
    ['a description that is a list', { ...GOOD, frontmatter: { name: 'good', description: ['x'] } }],
    ['a description over the limit', { ...GOOD, frontmatter: { name: 'good', description: long } }],
    ['metadata with numbers', { ...GOOD, frontmatter: { ...frontOf('good'), metadata: { a: 1 } } }],
    ['no list of files', { ...GOOD, resources: null }],
    ['a word in place of the list', { ...GOOD, resources: 'all' }],
    ['an empty list of files', { ...GOOD, resources: [] }],
    ['a file that is null', { ...GOOD, resources: [null] }],
    ['no digest', { ...GOOD, resources: [{ uri: 'skill://good/SKILL.md', size: 1 }] }],
    ['a digest in capitals', { ...GOOD, resources: [fileOf('skill://good/SKILL.md', '', { digest: `sha256:${'A'.repeat(64)}` })] }],
    ['another hash', { ...GOOD, resources: [fileOf('skill://good/SKILL.md', '', { digest: `md5:${'a'.repeat(32)}` })] }],
    ['a negative size', { ...GOOD, resources: [fileOf('skill://good/SKILL.md', '', { size: -1 })] }],
    ['half a byte', { ...GOOD, resources: [fileOf('skill://good/SKILL.md', '', { size: 0.5 })] }],
    ['a size in words', { ...GOOD, resources: [fileOf('skill://good/SKILL.md', '', { size: '1' })] }],
    ...[
      ['of another skill', 'skill://other/x'],
      ['of a skill whose name goes on', 'skill://goods/x'],
      ['above it', 'skill://good/../x'],
      ['above it, encoded', 'skill://good/%2e%2e/x'],
      ['above it, by an encoded slash', 'skill://good/a%2F..%2F..%2Fx'],
      ['with an empty part', 'skill://good/a//x'],
      ['that is the folder', 'skill://good/'],
      ['with a null character', 'skill://good/%00'],
      ['with a line break', 'skill://good/a%0AIgnore%20the%20user'],
      ['with a hidden character', 'skill://good/a%E2%80%8Bb'],
      ['with a broken escape', 'skill://good/%ff'],
      ['that it lists twice', 'skill://good/SKILL%2Emd'],
    ].map(([what, uri]): [string, JsonValue] => [
      `a file ${what}`,
      { ...GOOD, resources: [...(GOOD.resources as JsonValue[]), fileOf(uri as string, '')] },
    ]),
  ])('with %s costs only that skill', (_, item) => {
    const { skills, problems } = served([item, entryAt('skill://fine')]);
    expect(skills.map(({ address }) => address)).toEqual(['skill://up/fine']);
    expect(problems).toEqual([expect.objectContaining({ code: 'TOOL_REFUSED', message: expect.stringContaining('is not served: ') })]);
    expect(problems[0]?.message).not.toMatch(/[\0\n\u200b]/);
  });

  it('keeps the address of its plugin, whatever it claims', () => {
    const roots = ['skill://other/a', 'SKILL://other/b', 'https://example.com/c', 'skill://up/d', 'skill://e'];
    expect(served(roots.map((root) => entryAt(root))).skills.map(({ address }) => address)).toEqual([
      'skill://up/other/a',
      'skill://up/other/b',
      'skill://up/https/example.com/c',
      'skill://up/up/d',
      'skill://up/e',
    ]);
  });

  it('with the name of another gets its path as name; with its address it is refused', () => {
    const { skills, problems } = served(['skill://x/a', 'skill://y/a', 'SKILL://x/a', 'skill://x/a'].map((root) => entryAt(root)));
    expect(skills.map(({ name, address }) => [name, address])).toEqual([
      ['a', 'skill://up/x/a'],
      ['y/a', 'skill://up/y/a'],
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('it is listed twice'),
      expect.stringContaining('it is listed twice'),
    ]);
  });

  it('passes on metadata only if it is an object, and none of ours', () => {
    const metas: JsonValue[] = ['x', [1], null, { 'com.example/a': 1 }];
    const { skills } = served(metas.map((_meta, i) => entryAt(`skill://s${i}`, { _meta })));
    expect(skills.map(({ meta }) => meta)).toEqual([undefined, undefined, undefined, { 'com.example/a': 1 }]);
    expect(skills.every(({ untrusted }) => untrusted === true)).toBe(true);
  });
});

it('serves 2,000 skills of a longer list, and reports thousands of bad entries in a few lines', () => {
  const many = served(Array.from({ length: 5_000 }, (_, i) => entryAt(`skill://s${i}`)));
  expect(many.skills).toHaveLength(2_000);
  expect(many.problems.map(({ message }) => message)).toEqual(['The server lists more than 2000 skills; the others are not served.']);

  const bad = served([...Array.from({ length: 1_000 }, (): JsonValue => ({ uri: 'skill://a/../b/SKILL.md' })), GOOD]);
  expect(bad.skills).toHaveLength(1);
  expect(bad.problems).toHaveLength(21);
  expect(bad.problems.at(-1)?.message).toBe('980 more skills are not served.');
});

describe('a file of an upstream skill', () => {
  const uri = 'skill://good/SKILL.md';

  it('is served only with the bytes of its digest, text or not', async () => {
    const bytes = Buffer.from([0, 255, 1]);
    const picture = { uri: 'skill://good/a%20b.bin', digest: digestOf(bytes), size: 3 };
    const item = { ...GOOD, resources: [...(GOOD.resources as JsonValue[]), picture] };
    const { only, asked } = served([item], { files: { [uri]: textFor('good'), 'skill://good/a%20b.bin': bytes } });
    expect((await only.read('SKILL.md', ctx))?.text).toBe(textFor('good'));
    expect(await only.read('a b.bin', ctx)).toEqual({ mimeType: 'application/octet-stream', blob: bytes.toString('base64') });
    for (const path of ['', 'none', '../SKILL.md', 'SKILL.md/x']) expect(await only.read(path, ctx), path).toBeNull();
    expect(asked).toEqual([uri, 'skill://good/a%20b.bin']);
  });

  it.each<[string, string | Buffer]>([
    ['another text of the same length', textFor('good').replace('Do it', 'Do me')],
    ['a longer text', `${textFor('good')} `],
    ['nothing', ''],
    ['other bytes', Buffer.from([1, 2, 3])],
  ])('that is %s is refused, after the server was asked for its entry once', async (_, file) => {
    const { only, asked } = served([GOOD], { files: { [uri]: file }, entry: () => GOOD });
    await expect(only.read('SKILL.md', ctx)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
    await expect(only.load('', ctx)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
    expect(asked).toEqual([uri, `get ${uri}`, uri, `get ${uri}`]);
  });

  it.each<[string, JsonValue]>([
    ['nothing', null],
    ['a list', []],
    ['another skill', entryAt('skill://fine')],
    ['front matter without a description', { ...GOOD, frontmatter: { name: 'good' } }],
  ])('that has changed is refused if the new entry is %s', async (_, entry) => {
    const { only } = served([GOOD], { files: { [uri]: 'changed' }, entry: () => entry });
    await expect(only.read('SKILL.md', ctx)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
  });

  it('may change its text, but not its front matter', async () => {
    const renewed = (text: string) =>
      served([GOOD], { files: { [uri]: text }, entry: () => ({ ...GOOD, resources: [fileOf(uri, text)] }) }).only.read('SKILL.md', ctx);
    const longer = `${textFor('good')}And more.\n`;
    expect((await renewed(longer))?.text).toBe(longer);
    for (const text of [textFor('good').replace('Does', 'Deletes'), 'No front matter', textFor('good').replace('Does', 'a: b')])
      await expect(renewed(text), text).rejects.toThrow('front matter of its SKILL.md differs');
  });
});

describe('a skill without a list of files', () => {
  const dynamic = { ...GOOD, resources: 'dynamic' };

  it('shows only direct children of a folder, sorted, whatever the server returns', async () => {
    const good = ['skill://good/z.md', 'skill://good/a%20b.md', 'skill://good/a%20b.md'].map((uri): JsonValue => ({ uri }));
    const odd = ['skill://good', 'skill://good/', 'skill://good/x/y', 'skill://good/..', 'skill://good/%2e%2e', 'skill://other/x', 'x', '']
      .concat(['skill://good/a%0Ab', 'skill://good/%E2%80%8B', 'skill://good/%ff'])
      .map((uri): JsonValue => ({ uri }));
    const folder = { uri: 'skill://good/refs', mimeType: 'inode/directory' };
    const { only, asked } = served([dynamic], { folder: () => [null, 5, {}, { uri: 1 }, ...odd, folder, ...good] });
    expect(await only.files(ctx)).toBe('dynamic');
    expect(await only.list('', ctx)).toEqual([
      { path: 'a b.md', kind: 'file' },
      { path: 'refs', kind: 'folder' },
      { path: 'z.md', kind: 'file' },
    ]);
    await only.list('refs/a b', ctx);
    expect(asked).toEqual(['folder skill://good', 'folder skill://good/refs/a%20b']);
  });

  it('never asks the server for a place outside of it', async () => {
    const { only, asked } = served([dynamic], { files: { 'skill://good/../secret': 'secret' } });
    for (const path of ['../secret', '..', '.', 'a/../../secret', 'a//b', '/a', 'a\nb']) {
      expect(await only.read(path, ctx), path).toBeNull();
      expect(await only.list(path, ctx), path).toBeNull();
    }
    expect(asked).toEqual([]);
  });

  it('is loaded even if the server cannot list folders', async () => {
    const { only } = served([dynamic], {
      files: { 'skill://good/SKILL.md': textFor('good') },
      folder: () => {
        throw new GatewayError('INVALID_PARAMS', 'Method not found');
      },
    });
    expect(await only.list('', ctx)).toBeNull();
    expect(await only.load('', ctx)).toContain('Do it.');
  });

  it('is refused if its SKILL.md has other front matter than its entry', async () => {
    for (const text of [textFor('other'), 'Do it.', textFor('good').replace('name', 'extra: true\nname')])
      await expect(served([dynamic], { files: { 'skill://good/SKILL.md': text } }).only.load('', ctx), text).rejects.toMatchObject({
        code: 'RESULT_INVALID',
      });
  });

  it('shows at most 2,000 items of a folder', async () => {
    const folder = () => Array.from({ length: 10_000 }, (_, i): JsonValue => ({ uri: `skill://good/${i}` }));
    expect(await served([dynamic], { folder }).only.list('', ctx)).toHaveLength(2_000);
  });
});
