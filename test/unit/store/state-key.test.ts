import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instance, setInstance } from '../../../src/core/instance.ts';
import { createStateKey } from '../../../src/store/state-key.ts';
import { tempFolder } from '../../support/temp.ts';

describe('the key of a state folder', () => {
  it('is created once, readable only by its owner, and is the same for every gateway of the folder', () => {
    const dir = join(tempFolder(), 'state');
    const [first, second] = [createStateKey(dir)(), createStateKey(dir)()];
    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(statSync(join(dir, 'key')).mode & 0o777).toBe(0o600);
  });

  it('is replaced if the file is truncated', () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'key'), 'short');
    const key = createStateKey(dir)();
    expect(key).toHaveLength(32);
    expect(readFileSync(join(dir, 'key'))).toEqual(key);
  });

  it('is undefined if it cannot be created', () => {
    const dir = tempFolder();
    mkdirSync(join(dir, 'key'));
    expect(createStateKey(dir)()).toBeUndefined();
  });
});

describe('the name of a gateway', () => {
  const named = (key: () => Buffer | undefined, file: string): string => {
    setInstance(key, file);
    return instance();
  };

  it('stays the same across starts, and differs between configurations, folders and gateways without a folder', () => {
    const [one, other] = [createStateKey(tempFolder()), createStateKey(tempFolder())];
    const name = named(one, '/a/mcp.json');
    expect(named(one, '/a/mcp.json')).toBe(name);
    const none = (): undefined => undefined;
    expect(
      new Set([name, named(one, '/b/mcp.json'), named(other, '/a/mcp.json'), named(none, '/a/mcp.json'), named(none, '/a/mcp.json')]).size,
    ).toBe(5);
  });
});
