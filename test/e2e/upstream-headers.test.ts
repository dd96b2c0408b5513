import type { IncomingHttpHeaders } from 'node:http';
import { expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, run, serve, writeConfig } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { until } from '../support/processes.ts';

// Tools of a modern-era server whose arguments are repeated in headers.

const header = (name: string, type = 'string') => ({ type, 'x-mcp-header': name });
const tool = (name: string, properties: object) => ({ name, inputSchema: { type: 'object', properties } });
const TOOLS = [
  tool('good', { region: header('Region') }),
  tool('empty', { region: header('') }),
  tool('object', { region: header('Region', 'object') }),
  tool('twice', { a: header('Region'), b: header('REGION') }),
  tool('spelt', { region: header('My Region') }),
];

async function serveTools(seen: IncomingHttpHeaders[]): Promise<string> {
  const results: Record<string, object> = {
    'server/discover': { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } },
    'tools/list': { tools: TOOLS, ttlMs: 0, cacheScope: 'private' },
    'tools/call': { content: [{ type: 'text', text: 'called' }] },
  };
  const origin = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, method } = JSON.parse(body || '{}');
    if (method === 'tools/call') seen.push(request.headers);
    const result = { resultType: 'complete', ...results[method] };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
  return `${origin}/mcp`;
}

it('only a tool with an invalid header argument is skipped, and reported', { tags: ['header-tools'] }, async () => {
  const seen: IncomingHttpHeaders[] = [];
  const config = writeConfig({ mcpServers: { h: { type: 'http', url: await serveTools(seen), approval: 'allow' } } });
  const front = await serve(config, { bin: BIN });
  const client = await connect('v2 modern', front.at('http'));
  await until('it is listed', async () => (await client.list()).includes('good'));
  expect(await client.list()).toEqual(['good']);
  expect((await client.call('good', { region: ' é' })).content[0]?.text).toBe('called');
  expect(seen.map((headers) => headers['mcp-param-region'])).toEqual([`=?base64?${Buffer.from(' é').toString('base64')}?=`]);
  await front.said('4 of 5 tools are not served');
  const { stdout } = await run(['doctor', '--config', config]);
  for (const name of ['empty', 'object', 'twice', 'spelt']) expect(stdout).toMatch(new RegExp(`${name}.*x-mcp-header`));
});
