import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../../src/config/load.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { tempFolder } from '../../support/temp.ts';

const adapter = { kind: 'talos', options: { hostRoot: z.string().optional() }, paths: ['hostRoot'] } as unknown as Adapter;

function load(text: string, env: NodeJS.ProcessEnv = {}, dir = tempFolder()) {
  const file = join(dir, 'mcp.json');
  writeFileSync(file, text);
  return loadConfig(file, [adapter], env);
}

/** A message as a user in the file's folder sees it. */
function inFolder(message: string): string {
  return message.replace(/^\/\S*\/(?=mcp\.json:)/gm, '');
}

function messageOf(text: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    load(text, env);
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code).toBe('CONFIG_INVALID');
    return inFolder((error as GatewayError).message);
  }
  throw new Error('it was taken');
}

describe('loadConfig', () => {
  it('accepts either name of two limits of a plugin', () => {
    const read = (limits: object) => load(JSON.stringify({ plugins: { p: { path: '.', limits } } })).plugins.get('p');
    for (const limits of [
      { concurrency: 2, initTimeoutMs: 40_000 },
      { callsPerPlugin: 2, startTimeoutMs: 40_000 },
    ]) {
      expect(read(limits)).toMatchObject({ limits: { callsPerPlugin: 2 }, entry: { callsPerPlugin: 2, startTimeoutMs: 40_000 } });
    }
    expect(read({ shutdownTimeoutMs: 9 })?.entry.shutdownTimeoutMs).toBe(9);
  });

  it('accepts an empty object', () => {
    const config = load('{}');
    expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 8808 });
    expect(config.plugins.size).toBe(0);
    expect(config.state).toBe(join(config.dir, '.plugmux'));
  });

  it('resolves paths from the folder of the file, including those of a format', () => {
    const config = load('{"pluginFolders":["./p"],"plugins":{"a":{"path":"./a","hostRoot":"../h","cwd":"~/x"}},"state":"s"}');
    expect(config.pluginFolders).toEqual([join(config.dir, 'p')]);
    const { entry, path } = config.plugins.get('a') ?? {};
    expect(path).toBe(join(config.dir, 'a'));
    expect(entry?.options).toEqual({ hostRoot: join(config.dir, '../h') });
    expect(entry?.cwd).toBe(join(process.env.HOME ?? '', 'x'));
  });

  it.each([
    ['{\n  "plugin": {}\n}', 'mcp.json:2:3: unknown key "plugin". Did you mean plugins or pluginFolders?'],
    ['{"plugins":{"a":{"path":"x","setings":{}}}}', 'mcp.json:1:29: unknown key "setings" in plugins.a. Did you mean settings?'],
    ['{"limits":{"callTimeoutMs":"soon"}}', 'mcp.json:1:28: limits.callTimeoutMs must be a number, not "soon".'],
    ['{"limits":{"calls":0}}', 'mcp.json:1:20: limits.calls must be at least 1, not 0.'],
    [
      '{"plugins":{"a":{"approval":"alow"}}}',
      'mcp.json:1:29: plugins.a.approval must be one of "allow", "ask", "deny", "inherit", not "alow". Did you mean allow?',
    ],
    ['{"plugins":{"a":{"format":"talis"}}}', 'mcp.json:1:27: plugins.a.format must be one of "talos", not "talis". Did you mean talos?'],
    [
      '{"profiles":{"p":{"approval":{"x":"alow"}}}}',
      'mcp.json:1:35: profiles.p.approval.x must be one of "allow", "ask", "deny", "inherit", not "alow". Did you mean allow?',
    ],
    [
      '{"auth":{"tokens":[{"token":"${PLUGMUX_TOKEN}","principal":"p"}]}}',
      'mcp.json:1:29: ${PLUGMUX_TOKEN} is not a reference and would be used literally. Write ${env:PLUGMUX_TOKEN}.',
    ],
    [
      '{"plugins":{"a":{"credentials":{"k":"${KEY:-x}"}}}}',
      'mcp.json:1:37: ${KEY:-…} is not a reference and would be used literally. Write ${env:KEY}.',
    ],
    ['{"pluginFolders":"x"}', 'mcp.json:1:18: pluginFolders must be a list, not "x".'],
    ['{"plugins":[]}', 'mcp.json:1:12: plugins must be an object, not a list.'],
    ['[]', 'mcp.json:1:1: the file must be an object, not a list.'],
    ['{"listen":{"http":"8808"}}', 'mcp.json:1:19: "8808" is not an address with a port. Write it like 127.0.0.1:8808.'],
    [
      '{"auth":{"tokens":[{"token":"0123456789abcdef","principal":"p","profile":"x"}]}}',
      'mcp.json:1:74: there is no profile "x". Add it under "profiles".',
    ],
    ['', 'mcp.json:1:1: not valid JSON: the file is empty. An empty configuration is {}.'],
    ['\ufeff \n', 'mcp.json:1:1: not valid JSON: the file is empty. An empty configuration is {}.'],
    ['// later', 'mcp.json:1:1: not valid JSON: the file contains only comments. An empty configuration is {}.'],
    ['\ufeff\n/* a\n*/ // b\n', 'mcp.json:1:1: not valid JSON: the file contains only comments. An empty configuration is {}.'],
    ['{"a":[,]}', 'mcp.json:1:7: not valid JSON: value expected. Remove the comma before the closing bracket, or add a value.'],
    ['{\n"a" 1}', 'mcp.json:2:5: not valid JSON: colon expected. Put a colon between the key and its value.'],
    ['{/* x\n}', 'mcp.json:1:2: not valid JSON: unexpected end of comment. Close the comment with "*/".'],
    ['{// x\n "stat": 1, // y\n}', 'mcp.json:2:2: unknown key "stat". Did you mean state?'],
    ['['.repeat(100_000), 'mcp.json: more than 64 levels deep.'],
    ['{"state":"a",\n "state":"b"}', 'mcp.json:2:2: the key "state" occurs twice in one object. Remove one of the two.'],
  ])('rejects %s', { tags: ['F72', 'T21'] }, (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  it('reports all faults at once', { tags: ['F72'] }, () => {
    expect(messageOf('{"stat":"x","listen":{"htp":"y"}}').split('\n')).toHaveLength(2);
  });

  it('fills in the environment, defaults and files', () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'key'), 'from a file\n');
    const text = '{"plugins":{"a":{"credentials":{"x":"${env:X}-${env:Y:-why:-not}","k":"${file:./key}"}}}}';
    expect(load(text, { X: 'ex' }, dir).plugins.get('a')?.entry.credentials).toEqual({ x: 'ex-why:-not', k: 'from a file' });
  });

  it('names the location, the variable and a similar one that is set', () => {
    expect(messageOf('{"state":"${env:PLUGMUX_TOKN}"}', { PLUGMUX_TOKEN: 'x' })).toBe(
      'mcp.json:1:10: the environment variable PLUGMUX_TOKN is not set; PLUGMUX_TOKEN is set. Set it, or give a default: ${env:PLUGMUX_TOKN:-value}.',
    );
    expect(messageOf('{"state":"${env:PLUGMUX_TOKN}"}', { _: 'x', A: 'y' })).toContain('PLUGMUX_TOKN is not set. Set it');
    // Text that cannot be a name may be the secret itself.
    expect(messageOf('{"state":"${env:s3cr/et}"}')).toBe(
      'mcp.json:1:10: the environment variable (not a valid name) is not set. Set it, or give a default: ${env:NAME:-value}.',
    );
    expect(messageOf('{"state":"${file:nope}"}')).toContain('mcp.json:1:10: the file nope cannot be read: it does not exist. ');
  });

  it('names the file relative to the working folder', () => {
    const dir = tempFolder();
    const fault = (file: string): string => {
      try {
        loadConfig(file, [adapter], {});
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const file = join(dir, 'with space', 'mcp.json');
    mkdirSync(join(dir, 'with space'));
    writeFileSync(file, '{"stat":1}');
    expect(fault(file)).toMatch(new RegExp(`^${file}:1:2: `));
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(dir);
    expect(fault(file)).toMatch(/^with space\/mcp\.json:1:2: /);
    process.chdir('/');
    expect(fault(file)).toMatch(new RegExp(`^${file}:1:2: `));
  });

  it('collects the values that must not be shown', { tags: ['T24'] }, () => {
    const text =
      '{"plugins":{"a":{"credentials":{"c":"credential1"},"env":{"API_KEY":"from-env1","LANG":"C"}}},"auth":{"tokens":[{"token":"0123456789abcdef","principal":"p"}]}}';
    expect(load(text).secrets).toEqual(['0123456789abcdef', 'credential1', 'from-env1']);
  });

  it('accepts the file of another client, with warnings for unknown keys', () => {
    const config = load('{"mcpServers":{"m":{"command":"npx","args":["${HOME_X:-h}"],"odd":1}},"theme":"dark"}');
    expect([...config.upstreams]).toEqual([['m', { path: ['mcpServers', 'm'], server: { command: 'npx', args: ['h'], odd: 1 } }]]);
    expect(config.warnings[0]).toContain('"theme" belongs to another program');
    expect(messageOf('{"mcpServers":{},"theme":"dark","state":"x"}')).toContain('unknown key "theme"');
  });

  it('names the reason if a file cannot be read', { tags: ['F72'] }, () => {
    const dir = tempFolder();
    const attempt = (name: string): string => {
      try {
        loadConfig(join(dir, name), [adapter], {});
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    mkdirSync(join(dir, 'folder.json'));
    symlinkSync('loop.json', join(dir, 'loop.json'));
    writeFileSync(join(dir, 'large.json'), ' '.repeat(2_000_000));
    writeFileSync(join(dir, 'latin.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    expect(attempt('none.json')).toContain('it does not exist');
    expect(attempt('folder.json')).toContain('it is a folder');
    expect(attempt('loop.json')).toContain('a loop of links');
    expect(attempt('large.json')).toContain('larger than 1 MB');
    expect(attempt('latin.json')).toContain('it is not text in UTF-8');
    writeFileSync(join(dir, 'bom.json'), '\ufeff{}');
    expect(attempt('bom.json')).toBe('');
  });

  it('throws only CONFIG_INVALID', { tags: ['F72'] }, () => {
    const dir = tempFolder();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.object({ key: fc.constantFrom('plugins', 'limits', 'auth', 'listen', 'x', 'path', 'tokens') }).map((o) => JSON.stringify(o)),
        ),
        (text) => {
          try {
            load(text, {}, dir);
          } catch (error) {
            expect(error).toBeInstanceOf(GatewayError);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('accepts any valid configuration, and names the location of any fault put into it', () => {
    const dir = tempFolder();
    const id = fc.constantFrom('a', 'b-1', 'c.d', '_e');
    const entry = fc.record(
      {
        path: fc.constantFrom('./x', '/y', '~/z'),
        enabled: fc.boolean(),
        approval: fc.constantFrom('allow', 'ask', 'deny'),
        settings: fc.dictionary(id, fc.string({ unit: fc.constantFrom('a', '"', 'ü', '\n', '{') })),
      },
      { requiredKeys: ['path'] },
    );
    const good = fc.record(
      {
        plugins: fc.dictionary(id, entry, { maxKeys: 3 }),
        limits: fc.record({ calls: fc.integer({ min: 1, max: 5000 }) }),
        state: fc.constantFrom('s', './t'),
      },
      { requiredKeys: [] },
    );
    const strange = fc.constantFrom<[string, unknown]>(
      ['zzz', 1],
      ['limits', { cals: 1 }],
      ['plugins', { a: { path: 7 } }],
      ['listen', 'x'],
      ['state', null],
      ['auth', []],
    );
    fc.assert(
      fc.property(good, strange, fc.constantFrom(0, 1, 4), (config, [key, value], spaces) => {
        expect(load(JSON.stringify(config, null, spaces), {}, dir).plugins.size).toBe(Object.keys(config.plugins ?? {}).length);
        const text = JSON.stringify({ ...config, [key]: value }, null, spaces);
        let message = '';
        try {
          load(text, {}, dir);
        } catch (error) {
          message = inFolder((error as Error).message);
        }
        const [, line, column] = /^mcp\.json:(\d+):(\d+): /.exec(message) ?? [];
        // The location lies inside the text, at a key or a value.
        const at = text.split('\n')[Number(line) - 1]?.slice(Number(column) - 1);
        expect(at, message).toMatch(/^["[{\d]|^null/);
      }),
      { numRuns: 20 },
    );
  });
});
