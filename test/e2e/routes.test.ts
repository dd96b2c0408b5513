import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPluginRoutes } from '../../dist/src/admin/admin-plugins.js';
import { PATHS } from '../../dist/src/core/paths.js';
import { healthRoutes } from '../../dist/src/transports/health.js';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

// Every address of the gateway, with every rule for methods and headers.

const TOKEN = 'a-token-of-sufficient-length';
const ORIGIN = 'https://good.example';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const BODY = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** The methods of each address. A route that is missing here fails the first test below. */
const SERVED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [PATHS.streamable]: { '/mcp': ['POST', 'GET', 'DELETE'], '/mcp/p': ['POST', 'GET', 'DELETE'] },
  [PATHS.sse]: { '/sse': ['GET'], '/sse/p': ['GET'] },
  [PATHS.messages]: { '/messages': ['POST'], '/messages/p?sessionId=0': ['POST'] },
  [PATHS.websocket]: { '/ws': ['GET'], '/ws/p': ['GET'] },
  [PATHS.tools]: {
    '/api/tools': ['GET', 'HEAD'],
    '/api/tools?profile=p': ['GET', 'HEAD'],
    '/api/tools/echo': ['POST'],
    '/api/tools/p/echo': ['POST'],
  },
  [PATHS.openapi]: { '/api/openapi.json': ['GET', 'HEAD'], '/api/openapi.json?profile=p': ['GET', 'HEAD'] },
  [PATHS.status]: { '/status': ['GET'] },
  '/livez': { '/livez': ['GET', 'HEAD'] },
  '/readyz': { '/readyz?x=1': ['GET', 'HEAD'] },
  '/v1/admin/plugins': {
    '/v1/admin/plugins': ['GET'],
    '/v1/admin/plugins/plain/enable': ['POST'],
    '/v1/admin/plugins/plain/disable': ['POST'],
  },
  '/v1/plugins': { '/v1/plugins': ['GET'], '/v1/plugins/plain/toggle': ['POST'] },
  // Room routes do not exist, for any method.
  '/v1/rooms': {},
};
const ADDRESSES = Object.values(SERVED).flatMap((paths) => Object.entries(paths));
const PATHS_WITH_METHOD = ADDRESSES.flatMap(([path, [method = '']]) => [[method, path] as const]);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const ends: (() => unknown)[] = [];
let gateway: Serving;
beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  const auth = { tokens: [{ token: TOKEN, principal: 'operator', scopes: ['admin'] }] };
  const config = { auth, profiles: { p: {} }, listen: { origins: [ORIGIN] } };
  gateway = await serve(writeConfig(config, ['plain'], tempFolder(atEnd)), { atEnd });
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const nameOf = (line: string): string => line.split(':')[0] as string;

/** Sends header lines unchanged. The usual ones are added unless the lines name them; a bare name omits its header. */
function send(method: string, path: string, lines: readonly string[] = []): Promise<Answer> {
  const { hostname, port } = new URL(gateway.url);
  const own = ['Host: localhost', `Authorization: Bearer ${TOKEN}`].filter((line) => !lines.map(nameOf).includes(nameOf(line)));
  const usual = lines.some((line) => /^(content-type|transfer-encoding):/i.test(line)) ? [] : ['Content-Type: application/json'];
  const body = method === 'POST' && !lines.some((line) => /^transfer-encoding:/i.test(line)) ? BODY : '';
  const length = method === 'POST' && body !== '' ? [`Content-Length: ${body.length}`] : [];
  const head = [`${method} ${path} HTTP/1.1`, ...own, ...usual, ...length, ...lines.filter((line) => line !== 'Host')];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join('\r\n')}\r\n\r\n${body}`));
    let text = '';
    const done = (): void => {
      const [start = '', ...rest] = (text.split('\r\n\r\n')[0] as string).split('\r\n');
      const headers = Object.fromEntries(
        rest.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
      );
      resolve({ status: Number(start.split(' ')[1]), headers, text: text.slice(text.indexOf('\r\n\r\n') + 4) });
    };
    socket.on('data', (chunk) => {
      text += chunk;
      const at = text.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      // An event stream does not end, and a HEAD has no body.
      if (at >= 0 && (method === 'HEAD' || length === undefined || Buffer.byteLength(text.slice(at + 4)) >= Number(length)))
        socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', done);
  });
}

function expectJson(answer: Answer, what: unknown): void {
  expect([what, answer.headers['content-type']]).toEqual([what, 'application/json']);
  expect(JSON.parse(answer.text)).toMatchObject({ error: expect.any(Object) });
}

describe('every address', () => {
  it('is listed here', { tags: ['http-methods'] }, () => {
    const open = healthRoutes({ ready: () => true, draining: () => false }).keys();
    const known = [...Object.values(PATHS), ...open, ...adminPluginRoutes({} as never, {} as never).keys()];
    expect(Object.keys(SERVED).sort()).toEqual(known.sort());
  });

  it.each(ADDRESSES)('%s answers any other method with 405 and its methods', { tags: ['http-methods'] }, async (path, methods) => {
    for (const method of METHODS) {
      const answer = await send(method, path);
      const what = [method, path, answer.status];
      if (methods.includes(method)) {
        // Methods of a session fail without one.
        if (answer.status !== 405) continue;
        expect([what, answer.headers.allow]).toEqual([['GET', 'DELETE'].includes(method) ? what : [], 'POST']);
      } else {
        expect(what).toEqual([method, path, 405]);
        expect([what, answer.headers.allow?.split(', ').sort()]).toEqual([what, [...methods].sort()]);
      }
      if (method !== 'HEAD') expectJson(answer, what);
    }
  });
});

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `X-${i}: 1`);
const REFUSED: readonly (readonly [string, number, readonly string[]])[] = [
  ['no Host', 400, ['Host']],
  ['two Hosts', 400, ['Host: localhost', 'Host: localhost']],
  ['a foreign Host', 403, ['Host: evil.example']],
  ['a foreign Origin', 403, ['Origin: https://evil.example']],
  ['two Origins', 403, [`Origin: ${ORIGIN}`, `Origin: ${ORIGIN}`]],
  ['a foreign Origin behind more headers than are read', 431, [...many(105), 'Origin: https://evil.example']],
  ['a second Host behind more headers than are read', 431, [...many(105), 'Host: localhost', 'Host: evil.example']],
  ['a header repeated 105 times', 431, Array.from({ length: 105 }, () => 'a: 1')],
  ['Host repeated 105 times', 431, Array.from({ length: 105 }, () => 'Host: localhost')],
  ['headers of more than 16 KB', 431, [`X: ${'x'.repeat(20_000)}`]],
  ['an expectation that is not known', 417, ['Expect: 200-ok']],
  ['one expectation too many', 417, ['Expect: 100-continue, 200-ok']],
  ['a transfer coding that is not known', 400, ['Transfer-Encoding: gzip, chunked']],
  ['a transfer coding given twice', 400, ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
  ['a length and a transfer coding', 400, ['Content-Length: 2', 'Transfer-Encoding: chunked']],
  ['two lengths', 400, ['Content-Length: 2', 'Content-Length: 3']],
  ['a header that is none', 400, ['no header']],
  ['a name with a blank', 400, ['X Y: 1']],
];

describe.each(REFUSED)('a request with %s', (_, status, lines) => {
  it(`is rejected with ${status} in JSON at every address`, { tags: ['http-headers', 'F21', 'F25'] }, async () => {
    for (const [method, path] of PATHS_WITH_METHOD) {
      const answer = await send(method, path, lines);
      expect([method, path, answer.status]).toEqual([method, path, status]);
      expectJson(answer, path);
    }
  });
});

// The result for a media type: accepted, or rejected for its charset or its type.
const MEDIA_TYPES: readonly (readonly [string, 'taken' | 'charset' | 'type'])[] = [
  ['application/json', 'taken'],
  ['application/json; charset=utf-8', 'taken'],
  ['application/json;charset=UTF8', 'taken'],
  ['application/json; charset="utf-8"', 'taken'],
  ['application/json; charset="\\u\\t\\f-8"', 'taken'],
  ['Application/JSON ; profile="a; charset=latin1" ; CHARSET=Utf-8', 'taken'],
  ['application/json;', 'taken'],
  ['application/json; charset=latin1', 'charset'],
  ['application/json; charset="utf-16"', 'charset'],
  ['application/json; charset=utf-8; charset=utf-16', 'charset'],
  ['application/json; a="b\\"; charset=utf-8"; charset=us-ascii', 'charset'],
  ['application/json; charset=', 'charset'],
  ['application/json; charset', 'type'],
  ['application/json; charset="utf-8', 'charset'],
  ['application/json charset=utf-8', 'type'],
  ['application/jsonp', 'type'],
  ['text/plain', 'type'],
  ['text/plain; a=application/json', 'type'],
];

describe.each(MEDIA_TYPES)('a body of the type %s', (type, verdict) => {
  it(`is ${verdict === 'taken' ? 'taken' : 'refused with 415'} at every address that reads one`, {
    tags: ['http-media-type'],
  }, async () => {
    for (const [path] of ADDRESSES.filter(([, methods]) => methods.includes('POST'))) {
      // Without a session, HTTP+SSE rejects the request before the body is checked.
      if (path.startsWith('/messages') || /\/(enable|disable)$/.test(path)) continue;
      // ScaiWave's clients send various types, so only the charset is checked there.
      const taken = verdict === 'taken' || (verdict === 'type' && path.endsWith('/toggle'));
      const answer = await send('POST', path, [`Content-Type: ${type}`]);
      expect([path, answer.status === 415]).toEqual([path, !taken]);
      if (!taken) expectJson(answer, path);
    }
  });
});

describe('an upgrade', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=='];
  const replaced = (...lines: readonly string[]): string[] => {
    const names = lines.map((line) => line.split(':')[0]);
    return [...upgrade.filter((line) => !names.includes(line.split(':')[0])), ...lines.filter((line) => !line.endsWith(':'))];
  };

  it.each([
    ['at another address', 404, 'GET', '/mcp', upgrade],
    ['with POST', 405, 'POST', '/ws', upgrade],
    ['to another protocol', 426, 'GET', '/ws', replaced('Upgrade: h2c')],
    ['of another version', 426, 'GET', '/ws', replaced('Sec-WebSocket-Version: 8')],
    ['without a version', 426, 'GET', '/ws', replaced('Sec-WebSocket-Version:')],
    ['without a key', 400, 'GET', '/ws', replaced('Sec-WebSocket-Key:')],
    ['with a short key', 400, 'GET', '/ws', replaced('Sec-WebSocket-Key: YWJj')],
    ['with a foreign subprotocol', 400, 'GET', '/ws', [...upgrade, 'Sec-WebSocket-Protocol: chat']],
    ['with a subprotocol named twice', 400, 'GET', '/ws', [...upgrade, 'Sec-WebSocket-Protocol: mcp, mcp']],
    ['with a subprotocol that is none', 400, 'GET', '/ws', [...upgrade, 'Sec-WebSocket-Protocol: mcp, ,']],
    ['with a foreign Origin', 403, 'GET', '/ws', [...upgrade, 'Origin: https://evil.example']],
    [
      'with a foreign Origin behind more headers than are read',
      431,
      'GET',
      '/ws',
      [...upgrade, ...many(100), 'Origin: https://evil.example'],
    ],
    ['with an expectation that is not known', 417, 'GET', '/ws', [...upgrade, 'Expect: 200-ok']],
    ['without the token', 401, 'GET', '/ws', [...upgrade, 'Authorization: Bearer another']],
    ['of a tunnel', 404, 'CONNECT', 'localhost:443', []],
  ])('%s is rejected with %i in JSON', { tags: ['F35', 'http-methods'] }, async (_, status, method, path, lines) => {
    const answer = await send(method, path, lines);
    expect(answer.status).toBe(status);
    expectJson(answer, path);
    if (status === 405) expect(answer.headers.allow).toBe('GET');
  });
});
