import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { BIN, type Serving, serve, writeConfig } from '../support/gateway.ts';
import { listen } from '../support/http-server.ts';
import { until } from '../support/processes.ts';

// Header values and questions of the modern era, with numbers that a double cannot represent.

const EXACT = ['9007199254740993', '-1234567890123456789012345', '1.0', '1e2', '-0', '0.10'];
const HEAD =
  '{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"Num"},"o":{"type":"object","properties":{"k":{"type":"number"}}}}}';
const TOOLS = `[{"name":"head","inputSchema":${HEAD}},{"name":"ask","inputSchema":{"type":"object"}}]`;
const FORM = '{"type":"object","properties":{"n":{"type":"number","minimum":-1.0}}}';
const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}';

const text = (value: string): string => `{"resultType":"complete","content":[{"type":"text","text":${JSON.stringify(value)}}]}`;

/** A modern server that looks only at the bytes of its requests. */
function answer(body: string, headers: IncomingMessage['headers']): string {
  switch (/"method":"([^"]*)"/.exec(body)?.[1]) {
    case 'server/discover':
      return '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"m","version":"1"}}';
    case 'tools/list':
      return `{"resultType":"complete","tools":${TOOLS}}`;
  }
  if (body.includes('"name":"head"')) return text(`${headers['mcp-param-num']} ${/"n":([^,}]+)/.exec(body)?.[1]}`);
  const answers = /"inputResponses":(\{"q":\{.*?\}\}\})/.exec(body)?.[1];
  if (answers !== undefined) return text(answers);
  const asked = `{"q":{"method":"elicitation/create","params":{"message":"How many?","requestedSchema":${FORM}}}}`;
  return `{"resultType":"input_required","requestState":"s","inputRequests":${asked}}`;
}

async function open(): Promise<Serving> {
  const origin = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const id = /"id":([^,}]+)/.exec(body)?.[1];
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(`{"jsonrpc":"2.0","id":${id},"result":${answer(body, request.headers)}}`);
  });
  return serve(writeConfig({ mcpServers: { m: { type: 'http', url: `${origin}/mcp`, approval: 'allow' } } }), { bin: BIN });
}

async function call(gateway: Serving, name: string, params: string, more: Record<string, string> = {}): Promise<string> {
  const headers = {
    'Content-Type': 'application/json',
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': name,
  };
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}",${params},${META}}}`;
  return (await fetch(gateway.url, { method: 'POST', headers: { ...headers, ...more }, body })).text();
}

it('numbers in headers match the body exactly', { tags: ['numbers-exact', 'F34'] }, async () => {
  const gateway = await open();
  const head = (header: string, n: string) => call(gateway, 'head', `"arguments":{"n":${n}}`, { 'Mcp-Param-Num': header });
  await until('the server is listed', async () => (await head('1', '1')).includes('"1 1"'));
  for (const n of ['9007199254740993', '-1234567890123456789', '1.0', '-0']) expect(await head(n, n)).toContain(`"${n} ${n}"`);
  for (const [header, n] of [
    ['1', '1.0'],
    ['1.0', '1'],
    ['100', '1e2'],
    ['-0', '0'],
  ] as const)
    expect(await head(header, n)).toContain(`"${n} ${n}"`);
  for (const [header, n] of [
    ['9007199254740992', '9007199254740993'],
    ['9007199254740993', '9007199254740992'],
    ['1234567890123456789', '1234567890123456788'],
    ['1.00000000000000000001', '1'],
    ['0x1', '1'],
  ] as const)
    expect([header, n, await head(header, n)]).toEqual([header, n, expect.stringContaining('-32020')]);
});

it('numbers in answers to questions arrive unchanged', { tags: ['numbers-exact'] }, async () => {
  const gateway = await open();
  const ask = () => call(gateway, 'ask', '"arguments":{"x":9007199254740993}');
  await until('the server is listed', async () => (await ask()).includes('requestState'));
  for (const n of EXACT) {
    const asked = await ask();
    expect(asked).toContain('"minimum":-1.0');
    const { requestState } = (JSON.parse(asked) as { result: { requestState: string } }).result;
    const answers = `{"q":{"action":"accept","content":{"n":${n}}}}`;
    const more = `"requestState":"${requestState}","inputResponses":${answers}`;
    // The state is bound to a call with these arguments.
    if (n === '1.0') expect(await call(gateway, 'ask', `"arguments":{"x":9007199254740992},${more}`)).toContain('-32602');
    else expect(await call(gateway, 'ask', `"arguments":{"x":9007199254740993},${more}`)).toContain(JSON.stringify(answers));
  }
});
