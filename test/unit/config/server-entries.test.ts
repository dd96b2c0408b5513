import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { tempFolder } from '../../support/temp.ts';

const adapter = { kind: 'talos', options: {}, paths: [] } as unknown as Adapter;

function load(text: string, env: NodeJS.ProcessEnv = {}, dir = tempFolder()) {
  const file = join(dir, 'mcp.json');
  writeFileSync(file, text);
  const config = loadConfig(file, [adapter], env);
  const servers = Object.fromEntries(
    [...config.upstreams].map(([id, { server, fault }]) => [id, { ...server, ...(fault ? { fault } : {}) } as JsonObject]),
  );
  return { config, servers, warnings: config.warnings.map((text) => text.replaceAll(`${dir}/`, '')) };
}

const S = { command: 's' };

describe('files of other clients', { tags: ['F72', 'config-foreign'] }, () => {
  it.each([
    ['comments', '{\n  // my "servers"\n  "mcpServers": { /* one, */ "s": { "command": "s" /**/ } } // }\n}'],
    ['trailing commas', '{ "mcpServers": { "s": { "command": "s", }, }\n, }'],
    ['a byte order mark', '\ufeff{ "mcpServers": { "s": { "command": "s" } } }'],
    ['CRLF', '{ // x\r\n "mcpServers": { "s": { "command": "s" } }, // y\r\n}\r\n'],
    ['the keys of VS Code', '{ "servers": { "s": { "command": "s" } }, "inputs": [{ "id": "k", "default": "${env:NOT_SET}" }] }'],
    ['keys of its own', '{ "mcpServers": { "s": { "command": "s" } }, "theme": "${env:NOT_SET}", "lookup": "${file:none}" }'],
    ['null at optional keys', '{ "mcpServers": { "s": { "command": "s", "url": null, "args": null, "env": null, "approval": null } } }'],
  ])('with %s', (_, text) => {
    expect(load(text).servers).toEqual({ s: S });
  });

  it('does not change strings that look like comments and commas', () => {
    const texts = ['https://h//x', '/* no */', 'a,}', ',]', '\\', '"', '\\"//'];
    expect(load(JSON.stringify({ mcpServers: { s: { command: 's', args: texts } } })).servers.s).toEqual({ command: 's', args: texts });
  });

  it('accepts servers of both keys, together with keys of this gateway', () => {
    const { servers, warnings } = load(
      '{ "mcpServers": { "a": { "command": "a" } },\n "servers": { "b": { "command": "b" }, "a": { "command": "c" } }, "limits": { "calls": 5 } }',
    );
    expect(servers).toEqual({ a: { command: 'a' }, b: { command: 'b' } });
    expect(warnings).toEqual(['mcp.json:2:40: the server "a" is also listed under "mcpServers". The server is skipped.']);
  });

  it('converts numbers and booleans to texts, digit by digit', () => {
    const text = `{ "mcpServers": { "s": { "command": ["s", 1], "args": ["--port", 8080, true, 12345678901234567890, 1.10],
      "env": { "A": 1e3, "B": false, "C": -9007199254740993 } } } }`;
    expect(load(text).servers.s).toEqual({
      command: ['s', '1'],
      args: ['--port', '8080', 'true', '12345678901234567890', '1.10'],
      env: { A: '1e3', B: 'false', C: '-9007199254740993' },
    });
  });

  it.each([
    ['{"s":{"command":"s"},"x":null}', '26: mcpServers.x must be an object, not null.'],
    ['{"s":{"command":"s"},"x":[]}', '26: mcpServers.x must be an object, not a list.'],
    ['{"s":{"command":"s"},"x":{}}', '22: the server "x" has neither a program ("command") nor an address ("url").'],
    ['{"s":{"command":"s"},"x":{"url":null}}', '22: the server "x" has neither a program ("command") nor an address ("url").'],
    ['{"s":{"command":"s"},"x":{"command":5}}', '37: mcpServers.x.command must be a string or a list, not a number.'],
    ['{"s":{"command":"s"},"x":{"command":"c","args":"-y"}}', '48: mcpServers.x.args must be a list, not a string.'],
    [
      '{"s":{"command":"s"},"x":{"command":"c","args":[null]}}',
      '49: mcpServers.x.args.0 must be a string or a number or a boolean, not null.',
    ],
    [
      '{"s":{"command":"s"},"x":{"command":"c","approval":"alow"}}',
      '52: mcpServers.x.approval must be one of "allow", "ask", "deny", "inherit", not "alow". Did you mean allow?',
    ],
    ['{"s":{"command":"s"},"":{"command":"c"}}', '25: mcpServers. must be named by one to 128 characters'],
    [
      '{"s":{"command":"s"},"__proto__":{"command":"c"}}',
      '22: the key "__proto__" in mcpServers is reserved in JavaScript. Use another name.',
    ],
    [
      '{"s":{"command":"s"},"toString":{"command":"c"}}',
      '22: the key "toString" in mcpServers is reserved in JavaScript. Use another name.',
    ],
    [
      '{"s":{"command":"s"},"x":{"command":"c","env":{"constructor":"v"}}}',
      '48: the key "constructor" in mcpServers.x.env is reserved in JavaScript. Use another name.',
    ],
  ])('skips one invalid entry, and names its location: %s', { tags: ['T21', 'F13'] }, (entries, warning) => {
    // The location in a file with one more line at the top.
    const { servers, warnings } = load(`{"mcpServers":\n${entries}}`);
    expect(servers).toEqual({ s: S });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/ The server is skipped\.$/);
    expect(warnings[0]?.startsWith(`mcp.json:2:${warning}`), warnings[0]).toBe(true);
  });

  it.each(['mcpServers', 'servers'])('ignores %s if it is null, with a warning', (key) => {
    const { servers, warnings } = load(`{\n"${key}":null,"plugins":{}}`);
    expect([servers, warnings]).toEqual([{}, [`mcp.json:2:1: ${key} is null and is ignored.`]]);
    expect(() => load(`{"plugins":{},\n"${key}":[]}`)).toThrow(new RegExp(`mcp\\.json:2:\\d+: ${key} must be an object, not a list`));
  });

  it('still rejects a file whose other parts are wrong', { tags: ['T21'] }, () => {
    for (const part of [
      '"plugins":{"p":null}',
      '"plugins":{"p":{"env":{"A":1}}}',
      '"profiles":{"p":1}',
      '"limits":{"calls":"5"}',
      '"listen":[]',
      '"auth":{}',
    ])
      expect(() => load(`{"mcpServers":{"x":null},${part}}`), part).toThrow(/mcp\.json:1:\d+: /);
    expect(() => load('{"mcpServers":[]}')).toThrow('mcpServers must be an object, not a list');
  });
});

describe('values that other clients store elsewhere', { tags: ['config-foreign'] }, () => {
  it('reads envFile into env, whose own values take precedence', { tags: ['T24'] }, () => {
    const dir = tempFolder();
    writeFileSync(join(dir, '.env'), '\ufeff# comment\nA=from-file\nexport B="two words"\nAPI_KEY=planted-secret-0815\nPORT=1\n');
    const { servers, config } = load('{"mcpServers":{"s":{"command":"s","envFile":"${workspaceFolder}/.env","env":{"PORT":2}}}}', {}, dir);
    expect(servers.s).toEqual({
      command: 's',
      envFile: join(dir, '.env'),
      env: { A: 'from-file', B: 'two words', API_KEY: 'planted-secret-0815', PORT: '2' },
    });
    expect(config.secrets).toContain('planted-secret-0815');
    expect(config.files).toEqual([join(dir, '.env')]);
    const before = config.stamp;
    writeFileSync(join(dir, '.env'), 'A=other\n');
    expect(load('{"mcpServers":{"s":{"command":"s","envFile":".env"}}}', {}, dir).servers.s).toMatchObject({
      command: 's',
      env: { A: 'other' },
    });
    expect(config.stamp).toBe(before);
  });

  it('names an envFile that cannot be read; the other servers work', () => {
    const { servers } = load('{"mcpServers":{"s":{"command":"s"},"x":{"command":"x","envFile":"none.env"}}}');
    expect(servers.s).toEqual(S);
    expect(servers.x).toMatchObject({
      fault: expect.stringMatching(/mcp\.json:1:65: the file none\.env cannot be read: it does not exist\./),
    });
  });

  it('fills in the inputs of VS Code', { tags: ['T24'] }, () => {
    const text = JSON.stringify({
      inputs: [{ type: 'promptString', id: 'api-key', password: true }],
      servers: {
        s: { url: 'https://h/mcp', headers: { Authorization: 'Bearer ${input:api-key}' }, note: '${input:word}' },
        x: { command: 'x', args: ['${input:other.one}'] },
        y: { command: 'y', args: ['${command:pick}', '${config:a.b}'] },
      },
    });
    const { servers, config } = load(text, { PLUGMUX_INPUT_API_KEY: 'word', PLUGMUX_INPUT_WORD: 'plain' });
    expect(servers.s).toEqual({ url: 'https://h/mcp', headers: { Authorization: 'Bearer word' }, note: 'plain' });
    expect(config.secrets).toContain('word');
    expect(config.secrets).not.toContain('plain');
    expect(servers.x?.fault).toContain('${input:other.one} is a value that VS Code prompts for. Set PLUGMUX_INPUT_OTHER_ONE.');
    expect(servers.y?.fault).toContain('${command:pick} has a value only in VS Code.');
    expect(servers.y?.fault).toContain('${config:a.b} has a value only in VS Code.');
  });

  it('resolves the folder variables of other clients', () => {
    const dir = join(tempFolder(), 'project', '.vscode');
    mkdirSync(dir, { recursive: true });
    const args = ['${workspaceFolder}', '${workspaceFolderBasename}', '${userHome}${/}x', 'a${pathSeparator}b'];
    expect(load(JSON.stringify({ servers: { s: { command: 's', args } } }), {}, dir).servers.s?.args).toEqual([
      join(dir, '..'),
      'project',
      join(homedir(), 'x'),
      join('a', 'b'),
    ]);
  });
});
