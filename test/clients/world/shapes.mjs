// An MCP server on stdio: an image, and a point as structured data, with vendor keys on the tool and its result.
import { createInterface } from 'node:readline';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mP438CABzGMSmNDAP+MlZ3YNhSDAAAAAElFTkSuQmCC';
const number = { type: 'number' };
const TOOLS = [
  {
    name: 'picture',
    description: 'Returns a picture',
    inputSchema: { type: 'object', properties: {} },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'point',
    description: 'Returns a point as data',
    inputSchema: { type: 'object', properties: { scale: number }, required: ['scale'] },
    outputSchema: { type: 'object', properties: { x: number, y: number, unit: { type: 'string' } }, required: ['x', 'y', 'unit'] },
    annotations: { readOnlyHint: true },
    _meta: { 'judge.example/kind': 'tool-meta-4711' },
  },
];
const CALLS = {
  picture: () => ({
    content: [
      { type: 'text', text: 'a picture of 10 by 10' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
    ],
  }),
  point: ({ scale }) => ({
    content: [{ type: 'text', text: 'the point, in words' }],
    structuredContent: { x: scale, y: scale * 2, unit: 'furlong' },
    _meta: { 'judge.example/trace': 'result-meta-4711' },
  }),
};
const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'shapes', version: '1.0.0' },
    instructions: 'Shapes are measured in furlongs.',
  }),
  'tools/list': () => ({ tools: TOOLS }),
  'tools/call': ({ name, arguments: args }) => CALLS[name](args),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const result = RESULTS[method]?.(params);
  const reply = result ? { result } : { error: { code: -32601, message: 'unknown method' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...reply })}\n`);
});
