import {
  CallToolResultSchema,
  DiscoverResultSchema,
  GetPromptResultSchema,
  InitializeResultSchema,
  JSONRPCMessageSchema,
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListToolsResultSchema,
  ReadResourceResultSchema,
} from '@modelcontextprotocol/core';
import { afterAll, describe, expect, it } from 'vitest';
import type { Content } from '../../../src/core/contract/content.ts';
import { textResult } from '../../../src/core/contract/content.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import type { View } from '../../../src/gateway/view/view.ts';
import { createEngine, type Engine } from '../../../src/mcp/engine.ts';
import type { Frame } from '../../../src/mcp/wire/outlet.ts';
import { createStateFile } from '../../../src/store/state-file.ts';
import { createTriggers } from '../../../src/triggers/triggers.ts';
import { tempFolder } from '../../support/temp.ts';

// Validates every reply of the engine, in both eras, with the schemas of the official SDK.

const manifest = { id: 'p', version: '1', adapter: 'x', origin: '', watch: [], digest: '' };
const content: Content[] = [
  { type: 'text', text: 'x' },
  { type: 'image', data: 'AA==', mimeType: 'image/png' },
  { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
  { type: 'resource', resource: { uri: 'a:b', text: 'x' } },
  { type: 'resource_link', uri: 'a:b', name: 'n' },
];
const tool = {
  name: 'echo',
  description: 'd',
  input: { type: 'object' },
  approval: 'auto',
  hints: { openWorld: true },
  call: async () => textResult(''),
};
const entry = {
  name: 'echo',
  plugin: manifest,
  tool,
  description: 'd',
  input: { type: 'object', properties: {} },
  validate: () => undefined,
};
const prompt = { name: 'greet', description: 'g', arguments: [{ name: 'who', required: true }], get: async () => ({ messages: [] }) };
const resource = { uri: 'a:b', name: 'r', mimeType: 'text/plain', size: 1, read: async () => [] };
const settings = { bounds: {}, denyRules: [] };
const tools = new Map([
  [
    'echo',
    { entry, shape: { input: entry.input, headers: [], losses: [] }, approval: 'auto', timeoutMs: 1, capMs: 1, middleware: [], settings },
  ],
]);
const view = {
  profile: 'default',
  tools,
  listed: tools,
  prompts: new Map([['greet', { name: 'greet', plugin: manifest, prompt }]]),
  resources: new Map([['a:b', { address: 'a:b', own: 'a:b', plugin: manifest, resource }]]),
  templates: new Map(),
  skills: { byName: new Map(), byAddress: new Map(), has: () => true },
  instructions: 'how to',
  middleware: [],
  settings,
} as unknown as View;

const gateway = {
  hasProfile: () => true,
  view: () => view,
  sessionStarted: () => undefined,
  whenListed: () => undefined,
  introduced: () => undefined,
  opening: () => undefined,
  refresh: () => undefined,
  call: async () => ({ result: { content, structured: { a: 1 }, meta: { 'x/y': 1 } } }),
  getPrompt: async () => ({ description: 'd', messages: content.map((c) => ({ role: 'user', content: c })) }),
  readResource: async () => ({ contents: [{ uri: 'a:b', blob: 'AA==' }], meta: { 'x/y': 1 } }),
  onChange: () => undefined,
  onUpdated: () => undefined,
} as unknown as Gateway;

const LIMITS = {
  messageBytes: 1e6,
  jsonDepth: 64,
  jsonKeys: 1e4,
  jsonItems: 1e5,
  callsPerClient: 8,
  askMs: 1000,
  sessions: 10,
  sessionsPerPrincipal: 10,
  sessionIdleMs: 1e6,
};
const triggers = createTriggers([], {
  file: createStateFile(tempFolder(afterAll)),
  limits: { events: 10, eventDays: 1, callTimeoutMs: 1000 },
  config: () => ({ events: { webhooks: [], allowPrivate: false }, values: {} }),
  runs: false,
  key: () => undefined,
  log: silentLog,
});
const engine: Engine = createEngine(gateway, LIMITS, () => true, createRedactor(), silentLog, triggers);

async function ask(messages: readonly object[]): Promise<Record<string, unknown>[]> {
  const replies: Record<string, unknown>[] = [];
  const connection = engine.connect(
    { principal: 'local', profile: 'default', scopes: [] },
    'test',
    { write: ({ bytes }: Frame) => void replies.push(JSON.parse(String(bytes))) },
    () => undefined,
  );
  for (const message of messages) connection.receive(engine.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))));
  await new Promise((resolve) => setTimeout(resolve, 10));
  return replies;
}

const envelope = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } };
const handshake = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};
const CASES = [
  ['tools/list', {}, ListToolsResultSchema],
  ['tools/call', { name: 'echo' }, CallToolResultSchema],
  ['prompts/list', {}, ListPromptsResultSchema],
  ['prompts/get', { name: 'greet' }, GetPromptResultSchema],
  ['resources/list', {}, ListResourcesResultSchema],
  ['resources/read', { uri: 'a:b' }, ReadResourceResultSchema],
] as const;

describe('replies of the engine', () => {
  it.each(CASES)('%s matches the schema of the legacy era', { tags: ['transport-schemas'] }, async (method, params, schema) => {
    const [hello, reply] = await ask([handshake, { id: 1, method, params }]);
    expect(InitializeResultSchema.safeParse(hello?.result).error).toBeUndefined();
    expect(JSONRPCMessageSchema.safeParse(reply).error).toBeUndefined();
    expect(schema.safeParse(reply?.result).error).toBeUndefined();
    expect(reply?.result).not.toHaveProperty('resultType');
  });

  it.each(CASES)(
    '%s matches the schema of the modern era, with resultType and cache hints',
    { tags: ['transport-schemas', 'modern-result-marks'] },
    async (method, params, schema) => {
      const [discover, reply] = await ask([
        { id: 0, method: 'server/discover', params: envelope },
        { id: 1, method, params: { ...params, ...envelope } },
      ]);
      expect(DiscoverResultSchema.safeParse(discover?.result).error).toBeUndefined();
      expect(JSONRPCMessageSchema.safeParse(reply).error).toBeUndefined();
      expect(schema.safeParse(reply?.result).error).toBeUndefined();
      expect(reply?.result).toMatchObject({ resultType: 'complete' });
      const cacheable = method.endsWith('/list') || method === 'resources/read';
      expect(Object.keys(reply?.result ?? {}).includes('ttlMs')).toBe(cacheable);
    },
  );

  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '1999-01-01'])(
    'negotiate a client that requests revision %s',
    { tags: ['initialize-negotiates'] },
    async (protocolVersion) => {
      const [hello] = await ask([{ ...handshake, params: { ...handshake.params, protocolVersion } }]);
      expect(hello?.result).toMatchObject({ protocolVersion: protocolVersion === '1999-01-01' ? '2025-11-25' : protocolVersion });
    },
  );

  it('replace content that an older client does not support with text', { tags: ['tool-content-by-revision'] }, async () => {
    const [, reply] = await ask([
      { ...handshake, params: { ...handshake.params, protocolVersion: '2024-11-05' } },
      { id: 1, method: 'tools/call', params: { name: 'echo' } },
    ]);
    expect(((reply?.result ?? { content: [] }) as { content: { type: string }[] }).content.map((c) => c.type)).toEqual([
      'text',
      'image',
      'text',
      'resource',
      'text',
    ]);
  });

  it.each([
    ['no capabilities', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }, -32602],
    ['an unknown revision', { _meta: { ...envelope._meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } }, -32022],
    ['a revision that is not a string', { _meta: { ...envelope._meta, 'io.modelcontextprotocol/protocolVersion': 5 } }, -32602],
  ])('reject an envelope with %s', { tags: ['modern-envelope'] }, async (_, params, code) => {
    const [reply] = await ask([{ id: 1, method: 'tools/list', params }]);
    expect(reply).toMatchObject({ id: 1, error: { code } });
  });

  it('reject every removed or unknown method', { tags: ['modern-removed-methods'] }, async () => {
    const replies = await ask([
      { id: 1, method: 'server/discover', params: envelope },
      { id: 2, method: 'ping', params: envelope },
      { id: 3, method: 'nope', params: envelope },
      { id: 4, method: 'tools/list', params: { ...envelope, cursor: 'x' } },
    ]);
    expect(replies.slice(1).map((r) => (r.error as { code: number }).code)).toEqual([-32601, -32601, -32602]);
  });

  it('accept initialize from a client that only probed', { tags: ['modern-probe-then-handshake'] }, async () => {
    const replies = await ask([{ id: 1, method: 'server/discover', params: envelope }, handshake, { id: 2, method: 'tools/list' }]);
    expect(replies.map((r) => 'result' in r)).toEqual([true, true, true]);
  });
});
