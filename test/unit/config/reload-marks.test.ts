import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adapters } from '../../../adapters/index.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { changesOf, listKeys } from '../../../src/config/reload/changes.ts';
import { reloadMark } from '../../../src/config/reload/reload-marks.ts';
import { toEditorSchema } from '../../../src/config/schema.ts';
import { asObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { tempFolder } from '../../support/temp.ts';

const dir = tempFolder(afterAll);

function load(value: JsonValue): Config {
  const file = join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify(value));
  return loadConfig(file, adapters, {});
}

interface Key {
  readonly path: readonly string[];
  readonly schema: JsonObject;
}

/** Every key of the schema down to its values; an entry of a map is named `x`. */
function keysOf(schema: JsonObject, path: readonly string[] = []): Key[] {
  const inside = Object.entries(asObject(schema.properties)).flatMap(([key, own]) => keysOf(asObject(own), [...path, key]));
  const { additionalProperties: entry } = schema;
  const isMap = typeof entry === 'object' && inside.length === 0 && Object.keys(asObject(entry)).length > 0;
  if (isMap) return keysOf(asObject(entry), [...path, 'x']);
  return inside.length > 0 ? inside : [{ path, schema }];
}

/** Two values that a schema accepts. */
function samplesOf({ path, schema }: Key): [JsonValue, JsonValue] {
  const special = SPECIAL[path.join('.')];
  if (special) return special;
  if (Array.isArray(schema.anyOf)) return samplesOf({ path: [], schema: asObject(schema.anyOf[0]) });
  if (Array.isArray(schema.enum)) return [schema.enum[0] as JsonValue, (schema.enum[1] ?? null) as JsonValue];
  if (schema.type === 'boolean') return [true, false];
  if (schema.type === 'integer' || schema.type === 'number') return [Number(schema.minimum ?? 1) + 10, Number(schema.minimum ?? 1) + 11];
  if (schema.type === 'array') {
    const [one, two] = samplesOf({ path: [], schema: asObject(schema.items) });
    return [[one], [one, two]];
  }
  if (schema.format === 'uri') return ['https://one.example', 'https://two.example'];
  if (schema.type === 'object') return [{}, { key: 'value' }];
  return ['one', 'two'];
}

const TOKENS = ['a', 'b'].map((name) => [{ token: `${name}-0123456789abcdef`, principal: name }]) as unknown as [JsonValue, JsonValue];
const ISSUERS = ['a', 'b'].map((name) => [{ name, issuer: `https://${name}.example` }]) as unknown as [JsonValue, JsonValue];
const WEBHOOKS = ['a', 'b'].map((name) => [
  { url: 'https://one.example', secret: `whsec_${'A'.repeat(32)}`, sources: [name] },
]) as unknown as [JsonValue, JsonValue];
const SPECIAL: Readonly<Record<string, [JsonValue, JsonValue]>> = {
  'auth.tokens': TOKENS,
  'auth.jwt': ISSUERS,
  'events.webhooks': WEBHOOKS,
  'listen.http': ['127.0.0.1:1', '127.0.0.1:2'],
  'listen.public': ['https://one.example', 'https://two.example/path'],
  'listen.proxies': [['10.0.0.1'], ['10.0.0.0/8']],
};

// Some keys are invalid without others.
function at(path: readonly string[], value: JsonValue): JsonObject {
  const [first, second] = path;
  const made = inside(path, value);
  if (first === 'auth' && second === 'jwt') return { ...made, listen: { public: 'https://gw.example' } };
  return second === 'tls' ? { listen: { tls: { cert: 'c', key: 'k', ...asObject(asObject(made.listen).tls) } } } : made;
}

function inside([key, ...rest]: readonly string[], value: JsonValue): JsonObject {
  const below = rest.length === 0 ? value : inside(rest, value);
  // An entry of servers without a program would be skipped.
  const server = (key === 'mcpServers' || key === 'servers') && rest.length > 1;
  return { [key as string]: server ? { x: { command: 'c', ...asObject(asObject(below).x) } } : below };
}

const keys = keysOf(toEditorSchema(adapters) as JsonObject);

describe('every key of mcp.json', () => {
  it('exists in the schema', () => {
    const names = keys.map(({ path }) => path.join('.'));
    for (const name of ['auth.tokens', 'state', 'limits.sessions', 'plugins.x.settings.x', 'profiles.x.tools', 'mcpServers.x.env.x'])
      expect(names.some((known) => known === name || known === name.replace(/\.x$/, ''))).toBe(true);
    expect(keys.length).toBeGreaterThan(100);
  });

  it('is marked: it takes effect with the reload, or after a restart', { tags: ['reload-told'] }, () => {
    expect(keys.filter(({ path }) => reloadMark(path) === undefined)).toEqual([]);
    const late = keys.filter(({ path }) => reloadMark(path) === 'restart').map(({ path }) => path.join('.'));
    expect(late).toEqual(['listen.http', 'state']);
  });

  it.each(keys.map((key) => [key.path.join('.'), key] as const))(
    '%s is named when it changes, appears or disappears',
    { tags: ['reload-told'] },
    (_, key) => {
      const [one, two] = samplesOf(key);
      // An entry with only this key may be invalid; the name is the same.
      const [none, before, after] = [{}, at(key.path, one), at(key.path, two)].map(load) as [Config, Config, Config];
      const mark = reloadMark(key.path);
      for (const [from, to] of [
        [before, after],
        [none, after],
        [after, none],
      ] as const) {
        const { all, late } = changesOf(from, to);
        expect(all.some((name) => name.startsWith(key.path.join('.')))).toBe(true);
        expect(late.length > 0).toBe(mark === 'restart');
      }
      expect(changesOf(after, load(at(key.path, two)))).toEqual({ all: [], late: [] });
    },
  );
});

describe('changesOf', () => {
  it('names keys, not values', { tags: ['reload-told', 'T24'] }, () => {
    const secret = 'ada-0123456789abcdef';
    const before = load({
      auth: { tokens: [{ token: secret, principal: 'ada' }] },
      plugins: { p: { path: '.', settings: { apiKey: 'old-key-value' } } },
    });
    const after = load({
      auth: { tokens: [{ token: `${secret}x`, principal: 'ada' }] },
      plugins: { p: { path: '.', settings: { apiKey: 'new-key-value' } } },
    });
    const text = listKeys(changesOf(before, after).all);
    expect(text).toBe('plugins.p.settings.apiKey, auth.tokens');
  });

  it('names a changed file of a secret by the key that refers to it', { tags: ['reload-told'] }, () => {
    const config = { auth: { tokens: [{ token: '${file:./token}', principal: 'ada' }] } };
    writeFileSync(join(dir, 'token'), 'the-first-token-of-ada');
    const before = load(config);
    writeFileSync(join(dir, 'token'), 'the-second-token-of-ada');
    expect(changesOf(before, load(config)).all).toEqual(['auth.tokens']);
  });

  it('shows untrusted names escaped and cut', { tags: ['reload-told'] }, () => {
    const names = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`tool\u202e ${i}`, `t${i}`]));
    const { all } = changesOf(load({}), load({ plugins: { p: { path: '.', names } } }));
    const text = listKeys(all);
    expect(text).not.toContain('\u202e');
    expect(text).toMatch(/and 21 more$/);
  });
});
