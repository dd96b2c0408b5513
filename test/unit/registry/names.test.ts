import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRewriter, publicNames, sanitise } from '../../../src/registry/catalogue/names.ts';

const EXPOSED = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/;
const named = (...claims: [string, string][]) =>
  [...publicNames(claims.map(([plugin, native]) => ({ plugin, native })))].map(([, name]) => name);

describe('publicNames', () => {
  it('keeps a native name while it is unique', { tags: ['F46'] }, () => {
    expect(named(['notes', 'notes_read'], ['mail', 'send'])).toEqual(['notes_read', 'send']);
  });

  it('gives a name that two plugins claim to neither', { tags: ['F46', 'T12'] }, () => {
    expect(named(['a', 'search'], ['b', 'search'], ['c', 'other'])).toEqual(['a_search', 'b_search', 'other']);
  });

  it('compares names after sanitising', { tags: ['F46'] }, () => {
    expect(named(['a', 'get.item'], ['b', 'get item'])).toEqual(['a_get_item', 'b_get_item']);
    expect(sanitise('9lives')).toBe('_9lives');
    expect(sanitise('')).toBe('_');
  });

  it('shortens long names by a rule that depends only on plugin and name', { tags: ['F46'] }, () => {
    const long = 'x'.repeat(60);
    const [first] = named(['a', long]);
    expect(first).toHaveLength(48);
    expect(first).toMatch(/^x{39}_[0-9a-f]{8}$/);
    expect(named(['z', 'other'], ['a', long])[1]).toBe(first);
  });

  it('separates names that coincide only after qualifying', { tags: ['F46'] }, () => {
    const names = named(['a_b', 'c'], ['z', 'c'], ['a', 'b_c'], ['y', 'b_c']);
    expect(new Set(names).size).toBe(4);
  });

  it('is unique, valid and independent of order for any set of claims', { tags: ['F46', 'T12'] }, () => {
    const claim = fc.record({
      plugin: fc.constantFrom('a', 'a_b', 'ä', 'p-1'),
      native: fc.oneof(fc.constantFrom('b_c', 'c', 'get.x', 'get x', 'constructor', '__proto__'), fc.string({ maxLength: 70 })),
    });
    fc.assert(
      fc.property(fc.uniqueArray(claim, { selector: (c) => `${c.plugin}\n${c.native}`, maxLength: 12 }), (claims) => {
        const names = publicNames(claims);
        for (const name of names.values()) expect(name).toMatch(EXPOSED);
        expect(new Set(names.values()).size).toBe(claims.length);
        const reversed = publicNames([...claims].reverse());
        for (const c of claims) expect(reversed.get(c)).toBe(names.get(c));
      }),
    );
  });
});

describe('createRewriter', () => {
  it('replaces whole words, longest first, in one pass', { tags: ['names-rewritten'] }, () => {
    const rewrite = createRewriter(
      new Map([
        ['read', 'write'],
        ['read_all', 'read'],
        ['write', 'gone'],
      ]),
    );
    expect(rewrite?.('read read_all write, unread read-only (read)')).toBe('write read gone, unread read-only (write)');
  });

  it('is undefined if nothing was renamed', { tags: ['names-rewritten'] }, () => {
    expect(createRewriter(new Map([['a', 'a']]))).toBeUndefined();
  });
});

describe('the id of a plugin that is too long for a public name', { tags: ['long-id-cut'] }, () => {
  const ID = 'github.com/example-organisation/collection/tree/main/src/pages';
  const named = (...claims: [string, string][]) => [...publicNames(claims.map(([plugin, native]) => ({ plugin, native }))).values()];

  it('is shortened, and the tool keeps its own name', () => {
    const [long, other, twin] = named([ID, 'search_pages'], ['other', 'search_pages'], [`${ID}2`, 'search_pages']) as [
      string,
      string,
      string,
    ];
    for (const name of [long, other, twin]) expect(name).toMatch(/search_pages$/);
    expect(long).toHaveLength(48);
    expect(new Set([long, other, twin]).size).toBe(3);
    expect(named([ID, 'search_pages'], ['x', 'search_pages'])[0]).toBe(long);
  });

  it('is hashed together with a name if there is no room for both', () => {
    const native = 'a_tool_with_a_name_that_leaves_no_room_at_all';
    for (const name of named([ID, native], ['other', native])) {
      expect(name.length).toBeLessThanOrEqual(48);
      expect(name).toMatch(/_[0-9a-f]{8}$/);
    }
  });
});
