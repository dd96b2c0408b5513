import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Card, LoginAnswer } from '../../../src/console/api/types.ts';
import { connect } from '../../support/clients.ts';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode, rawAsk, removeSessions } from '../support/console.ts';
import { closedWith, openPage, openSocket } from '../support/page.ts';

const OBSERVER = 'a-token-that-may-look-only';
const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let config: string;
let gateway: Serving;
const enter = (): Promise<LoginAnswer> => login(gateway, { code: makeCode(config) });

beforeAll(async () => {
  config = writeConfig({ auth: { tokens: [{ token: OBSERVER, principal: 'olga', scopes: ['observe'] }] } }, ['plain'], tempFolder(atEnd));
  gateway = await serve(config, { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

describe('the live channel', () => {
  it('greets a page that logs in', { tags: ['console-live-login'] }, async () => {
    const { key } = await enter();
    const { body } = await ask(gateway, '/overview', { key });
    const page = await openPage(gateway, { key });
    expect(page.socket.protocol).toBe('plugmux.console.v1');
    expect(page.messages[0]).toEqual({ type: 'hello', revision: body.revision });
  });

  it('sends figures of plugins that agree with the calls it has sent', { tags: ['console-overview'] }, async () => {
    const own = writeConfig({}, ['plain']);
    const open = await serve(own);
    const { key } = await login(open, { code: makeCode(own) });
    const page = await openPage(open, { key, want: ['calls'] });
    const cards = () => page.messages.flatMap((message) => (message.type === 'plugin' ? [message.card] : []));
    const client = await connect('v1', open.at('http'));
    for (let n = 1; n <= 3; n++) {
      await client.call('echo', {});
      // Sooner than all cards are compared.
      await until(`a card has ${n} calls`, () => cards().at(-1)?.hour.calls === n, 5_000);
      expect(page.messages.filter(({ type }) => type === 'call')).toHaveLength(n);
      const [shown] = (await ask(open, '/overview', { key })).body.plugins as Card[];
      expect(cards().at(-1)?.hour).toEqual(shown?.hour);
    }
  });

  it('ends a socket whose first message is not a login', { tags: ['console-live-login'] }, async () => {
    const { key } = await enter();
    const first = [
      '{"type":"want","want":[]}',
      '[]',
      'x',
      JSON.stringify({ type: 'start', key: 'wrong', want: [] }),
      JSON.stringify({ type: 'start', key, want: [], command: 'x' }),
      JSON.stringify({ type: 'start', key: OBSERVER, want: [] }),
    ];
    for (const text of first) {
      const socket = await openSocket(gateway);
      socket.send(text);
      expect([text, await closedWith(socket)]).toEqual([text, 4401]);
    }
  });

  it('ends a socket that does not log in within 5 s', { tags: ['console-live-login'] }, async () => {
    const socket = await openSocket(gateway);
    expect(await closedWith(socket)).toBe(4401);
  });

  it('is for pages of the same origin and its own subprotocol only', { tags: ['console-foreign-page'] }, async () => {
    const { host } = new URL(gateway.url);
    const statusOf = async (headers: Record<string, string>, protocol = 'plugmux.console.v1'): Promise<number> => {
      const socket = new WebSocket(`ws://${host}/api/console/live`, protocol, { headers });
      const [first, second] = await Promise.race([
        once(socket, 'unexpected-response'),
        once(socket, 'open').then(() => [undefined, { statusCode: 101 }]),
      ]);
      first?.destroy();
      socket.on('error', () => undefined).terminate();
      return (second as { statusCode: number }).statusCode;
    };
    expect(await statusOf({ Origin: `http://${host}` })).toBe(101);
    expect(await statusOf({ Origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await statusOf({ Origin: 'http://evil.test' })).toBe(403);
    expect(await statusOf({ Origin: 'null' })).toBe(403);
    expect(await statusOf({ Host: 'evil.test' })).toBe(403);
    expect(await statusOf({}, 'mcp')).toBe(400);
  });

  it('is no ordinary address', async () => {
    expect((await rawAsk(gateway, '/api/console/live')).status).toBe(404);
  });

  it('ends within a second when its key is revoked, by a request or by another process', { tags: ['console-revoked'] }, async () => {
    const one = await enter();
    const page = await openPage(gateway, { key: one.key });
    const other = await openPage(gateway, { key: (await enter()).key });
    await ask(gateway, '/logout', { key: one.key, body: {} });
    expect(await closedWith(page.socket)).toBe(4401);
    expect(page.messages.at(-1)).toMatchObject({ type: 'bye' });
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
    removeSessions(config);
    expect(await closedWith(other.socket)).toBe(4401);
  });

  it('ends, with its key, when the token of its login is removed', { tags: ['console-revoked'] }, async () => {
    const tokens = [OBSERVER, `${OBSERVER}-2`].map((token, i) => ({ token, principal: `olga${i}`, scopes: ['observe'] }));
    const file = writeConfig({ auth: { tokens } }, ['plain']);
    const own = await serve(file);
    const [gone, stays] = await Promise.all(tokens.map(({ token }) => login(own, { token })));
    const page = await openPage(own, { key: gone?.key ?? '' });
    const other = await openPage(own, { key: stays?.key ?? '' });
    writeFileSync(file, readFileSync(file, 'utf8').replace(JSON.stringify(tokens[0]), JSON.stringify({ ...tokens[0], scopes: ['use'] })));
    expect(await closedWith(page.socket)).toBe(4401);
    expect((await ask(own, '/overview', { key: gone?.key ?? '' })).status).toBe(401);
    expect((await ask(own, '/overview', { key: stays?.key ?? '' })).status).toBe(200);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('tells pages to fetch everything again once mcp.json was reloaded', { tags: ['console-resync'] }, async () => {
    const file = writeConfig({ profiles: { reader: {} } }, ['plain']);
    const own = await serve(file);
    const { key } = await login(own, { code: makeCode(file) });
    const [page, other] = [await openPage(own, { key }), await openPage(own, { key, want: ['calls'] })];
    const { revision } = (await ask(own, '/overview', { key })).body;
    expect(page.messages[0]).toEqual({ type: 'hello', revision });
    writeFileSync(file, readFileSync(file, 'utf8').replace('reader', 'writer'));
    const isTold = ({ messages }: typeof page) => messages.some(({ type }) => type === 'resync');
    await until('both pages are told', () => isTold(page) && isTold(other));
    const { body } = await ask(own, '/overview', { key });
    expect(body.profiles).toContain('writer');
    expect(body.revision).not.toBe(revision);
    // A page that connects now has the new revision, and is not told again.
    const late = await openPage(own, { key });
    expect(late.messages[0]).toEqual({ type: 'hello', revision: body.revision });
    expect([isTold(late), page.messages.filter(({ type }) => type === 'resync').length]).toEqual([false, 1]);
    // A file that is rejected is told too, and changes nothing else.
    writeFileSync(file, '{');
    await own.said('not reloaded');
    const { revision: _, now: __, config, ...after } = (await ask(own, '/overview', { key })).body;
    expect(config).toMatchObject({ rejected: { message: expect.stringContaining('not reloaded'), at: expect.any(Number) } });
    expect(after.profiles).toEqual(body.profiles);
    await until('the pages are told', () => page.messages.filter(({ type }) => type === 'resync').length === 2);
  });

  it('closes on too many or too large messages, and on unknown ones', { tags: ['console-live-bounds'] }, async () => {
    const { key } = await enter();
    const flood = await openPage(gateway, { key });
    for (let i = 0; i < 40; i++) flood.socket.send('{"type":"want","want":[]}');
    expect(await closedWith(flood.socket)).toBe(1008);
    const large = await openPage(gateway, { key });
    large.socket.send(JSON.stringify({ type: 'want', want: ['x'.repeat(5_000)] }));
    expect(await closedWith(large.socket)).toBe(1009);
    const odd = await openPage(gateway, { key });
    odd.socket.send('{"type":"run","command":"x"}');
    expect(await closedWith(odd.socket)).toBe(1008);
    const binary = await openPage(gateway, { key });
    binary.socket.send(Buffer.from('{"type":"want","want":[]}'), { binary: true });
    expect(await closedWith(binary.socket)).toBe(1008);
  });

  it('takes 10 pages of one key, and 50 sockets in all', { tags: ['console-live-bounds'] }, async () => {
    const { key } = await enter();
    const pages = [];
    for (let i = 0; i < 10; i++) pages.push(await openPage(gateway, { key }));
    const eleventh = await openSocket(gateway);
    eleventh.send(JSON.stringify({ type: 'start', key, want: [] }));
    expect(await closedWith(eleventh)).toBe(1013);
    const { host } = new URL(gateway.url);
    const strangers = Array.from({ length: 60 }, () => {
      const socket = new WebSocket(`ws://${host}/api/console/live`, 'plugmux.console.v1');
      socket.on('error', () => undefined);
      return socket;
    });
    await until('all are answered', () => strangers.every(({ readyState }) => readyState !== WebSocket.CONNECTING));
    const opened = strangers.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
    expect(opened).toBeGreaterThan(30);
    expect(opened).toBeLessThanOrEqual(40);
    for (const socket of strangers) socket.terminate();
    for (const page of pages) expect(page.socket.readyState).toBe(WebSocket.OPEN);
  });
});
