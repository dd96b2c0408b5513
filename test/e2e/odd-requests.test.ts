import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../support/temp.ts';

// Unusual requests that clients and proxies send, and that the specifications allow or leave open.

const atEnd = endsAfterAll();
let gateway: Serving;
beforeAll(async () => {
  gateway = await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd });
});

interface Answer {
  readonly status: number | undefined;
  readonly session: string;
  readonly text: string;
}

/** Posts to an unmodified path or absolute target. */
function post(path: string, body: string, session?: string): Promise<Answer> {
  const { hostname, port } = new URL(gateway.url);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method: 'POST', path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, session: String(answer.headers['mcp-session-id']), text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'odd', version: '1' } },
});

describe('requests in odd forms', () => {
  it('reach an address with a trailing slash, and an absolute one', { tags: ['F26'] }, async () => {
    const { host } = new URL(gateway.url);
    for (const path of ['/mcp/', `http://${host}/mcp`, `http://${host}/mcp/`, `HTTPS://${host}/mcp?x=1`]) {
      const { status, text } = await post(path, initialize);
      expect([path, status, text]).toEqual([path, 200, expect.stringContaining('protocolVersion')]);
    }
    for (const path of ['http://evil.example/mcp', 'http://localhost/mcp', `http://user@${host}/mcp`]) {
      const { status, text } = await post(path, initialize);
      expect([path, status, text]).toEqual([path, 400, expect.stringContaining('HOST_REFUSED')]);
    }
    for (const path of ['//', '/livez/', 'ftp://localhost/mcp', `http://${host}/admin`, `http://${host}`, `http://${host}//mcp`])
      expect([path, (await post(path, initialize)).status]).toEqual([path, 404]);
  });

  it('may write null for absent parameters, and null or nothing for an absent cursor', { tags: ['null-params'] }, async () => {
    const { session } = await post('/mcp', initialize);
    const list = async (params: unknown): Promise<string> =>
      (await post('/mcp', JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list', params }), session)).text;
    for (const params of [null, { cursor: null }, { cursor: '' }]) expect(await list(params)).toContain('"tools":[');
    for (const params of [{ cursor: 'x' }, { cursor: 0 }, { cursor: false }, 5, [], ''])
      expect(await list(params)).toContain('"code":-32602');
  });
});
