import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS, type LimitName, ORDERED_LIMITS, toLimits } from '../../../src/config/limits.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import { MAX_TIMER_MS } from '../../../src/core/timer.ts';
import { tempFolder } from '../../support/temp.ts';

const adapter = { kind: 'talos', options: {}, paths: [] } as unknown as Adapter;
const dir = tempFolder(afterAll);

function load(text: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(dir, 'mcp.json'), text);
  return loadConfig(join(dir, 'mcp.json'), [adapter], env);
}

/** The error message without the folder, or an empty text if the configuration is accepted. */
function refusal(config: unknown, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(typeof config === 'string' ? config : JSON.stringify(config), env);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${dir}/`, '');
  }
}

/** The skipped entries of an accepted configuration. */
function warned(config: unknown): string {
  return load(JSON.stringify(config)).warnings.join('\n').replaceAll(`${dir}/`, '');
}

const TOKEN = 'tok-0123456789abcdef';

describe('logins that contradict themselves', () => {
  it.each([
    [{ tokens: [] }, 'mcp.json:1:19: auth.tokens must be a list with at least one token: with an empty list, anyone could connect.'],
    [{}, 'mcp.json:1:2: "auth" has no tokens, so anyone could connect. Add "tokens" or remove "auth".'],
    [
      {
        tokens: [
          { token: TOKEN, principal: 'a' },
          { token: TOKEN, principal: 'b' },
        ],
      },
      'mcp.json:1:78: auth.tokens.1.token is the same as auth.tokens.0.token. Give each entry a different token.',
    ],
    [
      {
        tokens: [
          { token: TOKEN, principal: 'a' },
          { token: '${env:SAME}', principal: 'a', scopes: ['admin'] },
        ],
      },
      'mcp.json:1:78: auth.tokens.1.token is the same as auth.tokens.0.token. Give each entry a different token.',
    ],
  ])('%j', { tags: ['T21', 'T24'] }, (auth, message) => {
    expect(refusal({ auth }, { SAME: TOKEN })).toBe(message);
  });

  it('a token that an Authorization header cannot contain', { tags: ['T21', 'T24'] }, () => {
    for (const odd of [' ', '\t', '\n', '\u00a0', '\u2003', '\u3000', '\u0000', '\u007f', 'é', '\u200b', '😀']) {
      for (const token of [`${odd}${TOKEN}`, `${TOKEN}${odd}`, `tok-0123${odd}456789abcdef`]) {
        expect(refusal({ auth: { tokens: [{ token, principal: 'a' }] } })).toBe(
          'mcp.json:1:29: auth.tokens.0.token must be printable ASCII without spaces, as an Authorization header carries it.',
        );
      }
    }
    expect(refusal({ auth: { tokens: [{ token: 'any+/=~._-!#$%&"(){}|:,', principal: 'a' }] } })).toBe('');
  });
});

describe('values of limits', () => {
  it('a time that exceeds the maximum of timers', { tags: ['T21'] }, () => {
    for (const [name, { unit }] of Object.entries(LIMITS)) {
      const longest = (ms: number) => refusal({ limits: { [name]: ms, ...(name === 'headerMs' ? { bodyMs: MAX_TIMER_MS } : {}) } });
      const at = `mcp.json:1:${15 + name.length}: limits.${name} must be at most 2147483647.`;
      expect([name, longest(MAX_TIMER_MS)]).toEqual([name, '']);
      for (const ms of [MAX_TIMER_MS + 1, 3_000_000_000, 2 ** 40]) {
        expect([name, longest(ms)]).toEqual([name, unit === 'ms' ? at : '']);
      }
    }
    for (const key of ['callTimeoutMs', 'startTimeoutMs', 'shutdownTimeoutMs', 'initTimeoutMs']) {
      expect(refusal({ plugins: { p: { path: '.', limits: { [key]: 3e9 } } } })).toMatch(/^mcp\.json:1:\d+: plugins\.p\.limits\./);
    }
    expect(refusal({ plugins: { p: { path: '.', limits: { callTimeoutMs: { work: 3e9 } } } } })).toContain(
      'callTimeoutMs.work must be at most',
    );
    const server = (timeout: unknown) => warned({ mcpServers: { s: { command: 'x', timeout } } });
    expect(server(3e9)).toBe('mcp.json:1:45: mcpServers.s.timeout must be at most 2147483647. The server is skipped.');
    for (const timeout of [60, MAX_TIMER_MS, '60s', null]) expect([timeout, server(timeout)]).toEqual([timeout, '']);
  });

  it('two values of the file that contradict each other', { tags: ['T21'] }, () => {
    for (const [lower, upper] of ORDERED_LIMITS) {
      expect(refusal({ limits: { [upper]: 5, [lower]: 6 } })).toBe(
        `mcp.json:1:${14 + upper.length + 6 + lower.length}: limits.${lower} must be at most limits.${upper}, which the file also sets.`,
      );
      expect(refusal({ limits: { [upper]: 6, [lower]: 6 } })).toBe('');
    }
    expect(refusal({ limits: { callTimeoutMs: 900_000, callCapMs: 1_000 } })).toBe('');
  });

  it('a default is adjusted to the value that the file sets', { tags: ['T21'] }, () => {
    for (const [lower, upper] of ORDERED_LIMITS) {
      const above = LIMITS[upper].value + 1;
      const limits = (set: Partial<Record<LimitName, number>>) => load(JSON.stringify({ limits: set })).limits;
      expect(limits({ [lower]: above })).toMatchObject({ [lower]: above, [upper]: above });
      expect(limits({ [upper]: 1 })).toMatchObject({ [lower]: 1, [upper]: 1 });
    }
    expect(toLimits()).toMatchObject(Object.fromEntries(Object.entries(LIMITS).map(([name, { value }]) => [name, value])));
  });
});

describe('keys that every JavaScript object has', () => {
  const RESERVED = ['__proto__', 'constructor', 'prototype'];
  const PLACES = {
    '': (key: string) => `{"${key}":{}}`,
    plugins: (key: string) => `{"plugins":{"${key}":{"path":"."}}}`,
    profiles: (key: string) => `{"profiles":{"${key}":{}}}`,
    'plugins.p': (key: string) => `{"plugins":{"p":{"path":".","${key}":{}}}}`,
    'plugins.p.env': (key: string) => `{"plugins":{"p":{"env":{"${key}":"v"}}}}`,
    'plugins.p.credentials': (key: string) => `{"plugins":{"p":{"credentials":{"${key}":"v"}}}}`,
    'plugins.p.settings': (key: string) => `{"plugins":{"p":{"settings":{"${key}":{"a":1}}}}}`,
    'plugins.p.settings.deep.0': (key: string) => `{"plugins":{"p":{"settings":{"deep":[{"${key}":1}]}}}}`,
    'plugins.p.names': (key: string) => `{"plugins":{"p":{"names":{"${key}":"v"}}}}`,
    'plugins.p.approval': (key: string) => `{"plugins":{"p":{"approval":{"${key}":"deny"}}}}`,
    'plugins.p.limits.callTimeoutMs': (key: string) => `{"plugins":{"p":{"limits":{"callTimeoutMs":{"${key}":5}}}}}`,
    limits: (key: string) => `{"limits":{"${key}":5}}`,
    auth: (key: string) => `{"auth":{"${key}":[]}}`,
    'profiles.p.approval': (key: string) => `{"profiles":{"p":{"approval":{"${key}":"deny"}}}}`,
  };

  it.each(Object.entries(PLACES))('in %s', { tags: ['T21', 'F13'] }, (place, write) => {
    for (const key of RESERVED) {
      const text = write(key);
      const where = place === '' ? '' : ` in ${place}`;
      expect(refusal(text)).toBe(
        `mcp.json:1:${text.indexOf(`"${key}"`) + 1}: the key "${key}"${where} is reserved in JavaScript. Use another name.`,
      );
    }
    if (['plugins', 'profiles'].includes(place)) {
      for (const key of ['toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']) expect(refusal(write(key))).toContain('is reserved');
    }
  });
});

describe('the content of an error message', () => {
  // Sixteen keys for which a value of the wrong type, or a value that is not allowed, may be a secret.
  const wrong: readonly ((value: unknown) => object)[] = [
    (v) => ({ auth: v }),
    (v) => ({ auth: { tokens: v } }),
    (v) => ({ auth: { tokens: [v] } }),
    (v) => ({ auth: { tokens: [{ token: v, principal: 'not an id' }] } }),
    (v) => ({ auth: { tokens: [{ token: 'short', principal: v, profile: v }] } }),
    (v) => ({ auth: { tokens: [{ token: TOKEN, principal: 'a', profile: v }] } }),
    (v) => ({ auth: { tokens: [{ token: TOKEN, principal: 'a', scopes: v, x: v }] } }),
    (v) => ({ plugins: { p: { credentials: v } } }),
    (v) => ({ plugins: { p: { credentials: { k: [v] } } } }),
    (v) => ({ plugins: { p: { env: v } } }),
    (v) => ({ plugins: { p: { env: { A: { b: v } }, path: 5 } } }),
    (v) => ({ plugins: { p: { settings: v } } }),
    (v) => ({ mcpServers: { m: { args: v } } }),
    (v) => ({ mcpServers: { m: { args: [{ a: v }], env: v } } }),
    (v) => ({ mcpServers: { m: { url: { a: v }, headers: v } } }),
    (v) => ({ mcpServers: { m: v } }),
  ];
  const PLANTED = ['s3cret-short', 'planted-secret-0815-xyz', 'https://u:planted-pw@host/x', 4711081547, '\u0000planted\u0000secret'];

  it('no value of a key for secrets', { tags: ['T24'] }, () => {
    for (const make of wrong) {
      for (const planted of PLANTED) {
        const message =
          refusal(make(planted)) ||
          load(JSON.stringify(make(planted)))
            .warnings.join('\n')
            .replaceAll(`${dir}/`, '');
        const text = String(planted).replaceAll('\u0000', '');
        // The last two accept a string; their fault is another one.
        if (message === '') continue;
        expect(message).toMatch(/^mcp\.json:1:\d+: /);
        for (const part of [text, 's3cret', 'planted', '4711081547']) expect(message).not.toContain(part);
      }
    }
  });

  it('no value that came from the environment, from a file or from a default', { tags: ['T24'] }, () => {
    writeFileSync(join(dir, 'planted-file'), 's3cret-short\n');
    const env = { PLANTED: 's3cret-short' };
    for (const reference of ['${env:PLANTED}', '${file:planted-file}', '${env:NOT_SET:-s3cret-short}']) {
      for (const config of [
        { auth: { tokens: [{ token: reference, principal: 'a' }] } },
        { listen: { http: reference } },
        { plugins: { p: { approval: reference } } },
        { pluginFolders: reference },
        { limits: { calls: reference } },
      ]) {
        expect(refusal(config, env)).toMatch(/^mcp\.json:1:\d+: /);
        expect(refusal(config, env)).not.toContain('s3cret-short');
      }
    }
    expect(refusal({ plugins: { p: { credentials: { k: '${KEY:-s3cret-short}' } } } })).toBe(
      'mcp.json:1:37: ${KEY:-…} is not a reference and would be used literally. Write ${env:KEY}.',
    );
  });

  it('no part of a file that is truncated or broken anywhere', { tags: ['T24', 'F72'] }, () => {
    const text = JSON.stringify({
      auth: { tokens: [{ token: 'planted-token-0815', principal: 'a' }] },
      plugins: { p: { credentials: { k: 'planted-credential' }, env: { K: 'planted-env' } } },
    });
    const broken = fc.tuple(fc.nat(text.length - 1), fc.constantFrom('', '\n', '\u0001', '"', '}', ',', '\\', '\u00a0', 'x', '/*'));
    fc.assert(
      fc.property(broken, fc.boolean(), ([at, odd], cut) => {
        const message = refusal(text.slice(0, at) + odd + (cut ? '' : text.slice(at + 1)));
        expect(message).not.toMatch(/planted|0815|lanted-/);
      }),
      { numRuns: 100, seed: 5 },
    );
  });
});
