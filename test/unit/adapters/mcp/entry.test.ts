import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { nameOf, readEntry } from '../../../../adapters/mcp/entry.ts';

const read = (raw: object) => readEntry(raw as never, '/home/me/project');

describe('an entry of mcpServers', () => {
  it('is a program with arguments, environment and folder', () => {
    expect(read({ command: 'npx', args: ['-y', 'pkg'], env: { A: '1', B: 2, C: true, D: null }, cwd: 'sub' })?.server).toEqual({
      kind: 'stdio',
      command: 'npx',
      args: ['-y', 'pkg'],
      env: { A: '1', B: '2', C: 'true' },
      cwd: '/home/me/project/sub',
    });
    expect(read({ command: ['uvx', 'pkg'], cwd: '~/x' })?.server).toMatchObject({ command: 'uvx', args: ['pkg'], cwd: `${homedir()}/x` });
  });

  it.each([
    [{ url: 'https://h/mcp' }, 'any', 'https://h/mcp'],
    [{ url: 'https://h/mcp', type: 'http' }, 'http', 'https://h/mcp'],
    [{ url: 'https://h/mcp', type: 'streamableHttp' }, 'http', 'https://h/mcp'],
    [{ url: 'https://h/mcp', transport: 'streamable-http' }, 'http', 'https://h/mcp'],
    [{ url: 'https://h/sse', type: 'sse' }, 'sse', 'https://h/sse'],
    [{ httpUrl: 'https://h/mcp' }, 'http', 'https://h/mcp'],
    [{ serverUrl: 'https://h/mcp' }, 'any', 'https://h/mcp'],
    [{ url: 'wss://h/ws' }, 'ws', 'wss://h/ws'],
    [{ url: 'http://h/ws', type: 'ws' }, 'ws', 'ws://h/ws'],
  ])('is a URL: %o', (raw, kind, href) => {
    const server = read(raw)?.server;
    expect([server?.kind, server && 'url' in server ? server.url.href : '']).toEqual([kind, href]);
  });

  it.each([
    [{ url: 'nowhere' }, '"url" is not a URL'],
    [{ url: 'file:///etc/passwd' }, 'the scheme file:'],
    [{ url: 'javascript:alert(1)' }, 'the scheme javascript:'],
    [{ url: 'https://me:secret@h/mcp' }, 'contains a user name'],
    [{ url: 'https://h/mcp', type: 'carrier-pigeon' }, '"type" is "carrier-pigeon"'],
    [{ url: 'https://h/mcp', type: 'stdio' }, 'is stdio'],
    [{ command: 7 }, '"command" is not a string'],
  ])('is rejected if it cannot be used: %o', (raw, why) => {
    expect(() => read(raw)).toThrow(why);
  });

  it('is ignored without a command or URL', () => {
    expect(read({ description: 'nothing' })).toBeUndefined();
  });

  it("accepts other clients' keys, and reports unknown ones", () => {
    const entry = read({
      command: 'x',
      autoApprove: ['a'],
      alwaysAllow: ['b'],
      includeTools: ['a', 'b'],
      disabledTools: ['c'],
      timeout: 60,
      odd: 1,
    });
    expect(entry).toMatchObject({ trusted: ['a', 'b'], include: ['a', 'b'], exclude: ['c'], timeoutMs: 60_000 });
    expect(entry?.problems.map(({ subject }) => subject)).toEqual(['odd']);
    expect(read({ command: 'x', trust: true, timeout: 30_000 })).toMatchObject({ trusted: ['*'], timeoutMs: 30_000 });
  });

  it('is shown without its query', () => {
    expect(nameOf(read({ url: 'https://h/mcp?key=secret' }) as never)).toBe('https://h/mcp');
  });
});
