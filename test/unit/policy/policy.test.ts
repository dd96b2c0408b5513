import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { type Caller, localCaller } from '../../../src/core/contract/caller.ts';
import { createNameMap, createSelection } from '../../../src/policy/patterns.ts';
import { createPolicy, type Policy } from '../../../src/policy/policy.ts';
import type { ToolEntry } from '../../../src/registry/catalogue/catalogue.ts';

function entry(name: string, plugin: string, tool: string, more: object = {}): ToolEntry {
  return {
    name,
    plugin: { id: plugin },
    tool: { name: tool, native: `${plugin}_${tool}`, approval: 'client', ...more },
  } as unknown as ToolEntry;
}

function policy(plugins: Record<string, object>, profiles: Record<string, object> = {}) {
  return withVerbs(
    createPolicy({
      plugins: new Map(Object.entries(plugins).map(([id, p]) => [id, { id, approval: 'inherit', ...p }])),
      profiles: new Map(Object.entries(profiles)),
    } as unknown as Config),
  );
}

/** A policy with helpers for visibility and approval. */
function withVerbs(policy: Policy) {
  return {
    ...policy,
    sees: (tool: ToolEntry, by: Caller) => policy.decide(tool, by) !== undefined,
    approval: (tool: ToolEntry, by: Caller) => policy.decide(tool, by)?.approval,
  };
}

const READ = entry('notes_read', 'notes', 'read');
const DELETE = entry('notes_delete', 'notes', 'delete');
const caller = localCaller();

describe('createPolicy', () => {
  it("uses the format's approval if nothing else is configured", { tags: ['approval-rules'] }, () => {
    expect(policy({}).approval(READ, caller)).toBe('client');
    expect(policy({}).approval(entry('x', 'p', 'x', { approval: 'required' }), caller)).toBe('required');
  });

  it('prefers a tool rule to the plugin rule, and an exact name to a glob', { tags: ['approval-rules'] }, () => {
    const { approval, sees } = policy({ notes: { approval: { '*': 'allow', 'del*': 'ask', delete: 'deny' } } });
    expect(approval(READ, caller)).toBe('auto');
    expect(sees(DELETE, caller)).toBe(false);
  });

  it('prefers the profile to both, and loosens only with "allow"', { tags: ['approval-rules'] }, () => {
    const { approval, sees } = policy(
      { notes: { approval: 'ask' } },
      { open: { approval: { notes_read: 'allow' } }, closed: { approval: 'deny' }, same: { approval: 'inherit' } },
    );
    expect(approval(READ, localCaller('open'))).toBe('auto');
    expect(approval(DELETE, localCaller('open'))).toBe('required');
    expect(sees(READ, localCaller('closed'))).toBe(false);
    expect(approval(READ, localCaller('same'))).toBe('required');
  });

  it('shows nothing in an unknown profile', { tags: ['profiles-bound'] }, () => {
    expect(policy({}).hasProfile('nope')).toBe(false);
    expect(policy({}).sees(READ, localCaller('nope'))).toBe(false);
  });

  it('selects by name, by plugin and tool, and by label, and excludes', { tags: ['profiles-bound'] }, () => {
    const { sees } = policy(
      {},
      {
        p: { tools: ['notes_*', '!notes/delete'] },
        q: { tools: ['category:work'] },
        r: { plugins: ['mail'] },
        s: { tools: ['!notes_read'] },
      },
    );
    expect([sees(READ, localCaller('p')), sees(DELETE, localCaller('p'))]).toEqual([true, false]);
    expect(sees(entry('x', 'p', 'x', { labels: ['category:work'] }), localCaller('q'))).toBe(true);
    expect(sees(READ, localCaller('q'))).toBe(false);
    expect(sees(READ, localCaller('r'))).toBe(false);
    expect([sees(READ, localCaller('s')), sees(DELETE, localCaller('s'))]).toEqual([false, true]);
  });

  it('restricts a renamed tool further on, and never loosens another tool with the same native name', { tags: ['approval-rules'] }, () => {
    const renamed = entry('notes_notes_delete', 'notes', 'delete');
    const other = {
      ...entry('other_notes_delete', 'other', 'x'),
      tool: { name: 'x', native: 'notes_delete', approval: 'client' },
    } as unknown as ToolEntry;
    const tight = policy({}, { default: { approval: { notes_delete: 'ask' } } });
    expect(tight.approval(renamed, caller)).toBe('required');
    const allowing = { approval: { notes_delete: 'allow' } };
    expect(policy({}, { default: allowing }).approval(other, caller)).toBe('client');
    expect(policy({}, { default: { ...allowing, tools: ['notes_delete'] } }).sees(other, caller)).toBe(false);
    const out = policy({}, { default: { tools: ['*', '!notes_delete'] } });
    expect(out.sees(renamed, caller)).toBe(false);
  });

  it('lists rules that match nothing', { tags: ['approval-rules'] }, () => {
    const p = policy({ notes: { approval: { read: 'allow', raed: 'ask' } } }, { x: { tools: ['notes_*', 'nots_*'] } });
    p.sees(READ, localCaller('x'));
    expect(p.unused()).toEqual(['plugins.notes.approval: raed', 'profiles.x.tools: nots_*']);
  });

  describe('with profiles that plugins provide', () => {
    const offered = { name: 'planner', plugins: ['notes'], askAlways: true, denyRules: ['rm -rf'], instructions: 'Plan first.' };
    const planner = localCaller('planner');
    const withFile = (file?: object) =>
      withVerbs(createPolicy({ plugins: new Map(), profiles: new Map(file ? [['planner', file]] : []) } as never, [offered]));

    it('serves only the plugins of the profile', () => {
      const { hasProfile, sees } = withFile();
      expect(hasProfile('planner')).toBe(true);
      expect([sees(READ, planner), sees(entry('x', 'other', 'x'), planner)]).toEqual([true, false]);
    });

    it('requires approval for every tool, unless the operator allows it for this profile', () => {
      expect(withFile().approval(READ, planner)).toBe('required');
      expect(withFile({ approval: { notes_read: 'allow' } }).approval(READ, planner)).toBe('auto');
    });

    it('replaces only the keys of the plugin that the file sets', () => {
      const { sees, settings } = withFile({ plugins: ['other'], network: { allow: ['a.example'] } });
      expect(sees(READ, planner)).toBe(false);
      expect(settings('planner')).toEqual({
        bounds: { network: { allow: ['a.example'], deny: [], allowPrivate: false } },
        denyRules: ['rm -rf'],
        instructions: 'Plan first.',
      });
    });
  });

  it('runs the hooks of the plugins that a profile selects, and always those of a guard', () => {
    const { runsHooksOf: runsHooks } = createPolicy({ plugins: new Map(), profiles: new Map([['quiet', { hooks: ['a'] }]]) } as never);
    const plugin = (id: string, guards = false) => ({ ...READ.plugin, id, guards });
    const quiet = localCaller('quiet');
    expect([runsHooks(plugin('a'), quiet), runsHooks(plugin('b'), quiet), runsHooks(plugin('b', true), quiet)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('patterns', () => {
  it('treats names literally and globs as globs, including prototype names', () => {
    expect(createNameMap({ 'a.b': 1 }).find(['axb'])).toBeUndefined();
    expect(createNameMap({ 'a*': 1 }).find(['__proto__', 'abc'])).toBe(1);
    expect(createNameMap({}).find(['constructor'])).toBeUndefined();
    expect(createSelection([]).has(['a'])).toBe(false);
    expect(createSelection(['{a,b}_*']).has(['b_x'])).toBe(true);
  });
});
