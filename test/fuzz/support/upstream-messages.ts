import type { Template } from './messages.ts';
import { capabilities, serverInfo } from './upstream-replies.mjs';

/** When a message is sent: during a call, instead of the reply to a request, or when the connection is made. */
export type Phase = 'during' | 'call' | 'prompt' | 'resource' | 'completion' | 'list' | 'start';

const NAMES = ['constructor', '__proto__', 'toString', '', ' ', 'a\u0000b', 'x'.repeat(300), 'run'];
const meta = { 'plugmux/forged': { code: 'DENIED' }, 'com.example/cost': 3 };
const icons = [{ src: 'https://example.org/i.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }];
const annotations = { audience: ['user'], priority: 0.5, lastModified: '2026-01-01T00:00:00Z' };
const schema = { type: 'object', properties: { a: { type: 'string', description: 'A', 'x-mcp-header': 'A' } }, required: ['a'] };
const note = (method: string, params?: object): Template => ({ jsonrpc: '2.0', method, ...(params ? { params } : {}) });
const ask = (method: string, params?: object): Template => ({ jsonrpc: '2.0', id: '$ID', method, ...(params ? { params } : {}) });
const answer = (result: object): Template => ({ jsonrpc: '2.0', id: '$CALL', result: { resultType: 'complete', ...result, _meta: meta } });
const fail = (error: object): Template => ({ jsonrpc: '2.0', id: '$CALL', error });

const form = { mode: 'form', message: 'Which?', requestedSchema: { type: 'object', properties: { a: { type: 'string' } }, required: [] } };
const sampling = {
  messages: [{ role: 'user', content: { type: 'text', text: 'x' } }],
  maxTokens: 5,
  modelPreferences: { hints: [{ name: 'x' }] },
};
const content = [
  { type: 'text', text: 'fine', annotations, _meta: meta },
  { type: 'image', data: 'aGk=', mimeType: 'image/png' },
  { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' },
  { type: 'resource', resource: { uri: 'file:///x', mimeType: 'text/plain', text: 'x', _meta: meta } },
  { type: 'resource_link', uri: 'file:///x', name: 'x', title: 'X', description: 'x', mimeType: 'text/plain', size: 1, icons },
];
const DURING: readonly Template[] = [
  note('notifications/message', { level: 'warning', logger: 'log', data: { a: 1 }, _meta: meta }),
  note('notifications/message', { level: 'info', data: 'a line' }),
  note('notifications/progress', { progressToken: '$CALL', progress: 1, total: 2, message: 'one' }),
  note('notifications/cancelled', { requestId: '$CALL', reason: 'none' }),
  note('notifications/tools/list_changed'),
  note('notifications/resources/updated', { uri: 'fuzz://one' }),
  note('notifications/elicitation/complete', { elicitationId: 'e1' }),
  note('notifications/subscriptions/acknowledged', { notifications: {}, _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen:0' } }),
  note('notifications/nothing/known', { a: 1 }),
  ask('ping'),
  ask('roots/list', { _meta: meta }),
  ask('elicitation/create', form),
  ask('elicitation/create', { mode: 'url', message: 'Look', url: 'https://example.org', elicitationId: 'e1' }),
  ask('sampling/createMessage', sampling),
  ask('nothing/known', { a: 1 }),
];

const FAILURES: readonly Template[] = [
  fail({ code: -32603, message: 'boom', data: { status: 404, a: 1 } }),
  fail({ code: -32021, message: 'ask', data: { requiredCapabilities: { elicitation: { url: {} }, sampling: {} } } }),
];

/** Every message that a server may send in a phase; `$CALL` and `$ID` are filled in. */
export const TEMPLATES: Readonly<Record<Phase, readonly Template[]>> = {
  during: DURING,
  call: [
    ...DURING,
    ...FAILURES,
    answer({ content, structuredContent: { a: 1 }, isError: false }),
    answer({ content: [{ type: 'text', text: 'fine' }] }),
    answer({
      resultType: 'input_required',
      inputRequests: { a: { method: 'elicitation/create', params: form }, b: { method: 'roots/list' } },
      requestState: 'state',
    }),
  ],
  prompt: [...FAILURES, answer({ description: 'D', messages: content.map((block) => ({ role: 'user', content: block })) })],
  resource: [
    ...FAILURES,
    answer({
      contents: [
        { uri: 'fuzz://one', mimeType: 'text/plain', text: 'x', _meta: meta },
        { uri: 'fuzz://two', blob: 'aGk=' },
      ],
    }),
  ],
  completion: [...FAILURES, answer({ completion: { values: ['one', 'two'], total: 2, hasMore: false } })],
  list: [
    answer({
      tools: [
        {
          name: 'run',
          title: 'Run',
          description: 'Runs',
          inputSchema: schema,
          outputSchema: schema,
          icons,
          annotations: { title: 'R', readOnlyHint: true, destructiveHint: false },
          execution: { taskSupport: 'optional' },
          _meta: meta,
        },
        ...NAMES.map((name) => ({ name, inputSchema: schema })),
      ],
      nextCursor: '',
      ttlMs: 1,
      cacheScope: 'private',
    }),
    answer({
      prompts: [
        {
          name: 'say',
          title: 'Say',
          description: 'Says',
          icons,
          _meta: meta,
          arguments: [{ name: 'a', title: 'A', description: 'A', required: true }, ...NAMES.map((name) => ({ name }))],
        },
        ...NAMES.map((name) => ({ name })),
      ],
    }),
    answer({
      resources: [
        {
          uri: 'fuzz://one',
          name: 'one',
          title: 'One',
          description: 'One',
          mimeType: 'text/plain',
          size: 5,
          annotations,
          icons,
          _meta: meta,
        },
        ...NAMES.map((name) => ({ uri: name, name })),
      ],
    }),
    answer({
      resourceTemplates: [
        {
          uriTemplate: 'fuzz://{one}/{two}',
          name: 'one',
          title: 'One',
          description: 'One',
          mimeType: 'text/plain',
          annotations,
          icons,
          _meta: meta,
        },
        ...NAMES.map((name) => ({ uriTemplate: `fuzz://{${name}}`, name })),
      ],
    }),
    fail({ code: -32603, message: 'no list', data: [1] }),
  ],
  start: [
    answer({ protocolVersion: '2025-11-25', capabilities, serverInfo, instructions: 'Use run.' }),
    answer({
      supportedVersions: ['2026-07-28'],
      capabilities,
      instructions: 'Use run.',
      ttlMs: 1,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
    }),
    fail({ code: -32022, message: 'no', data: { supported: ['2026-07-28'], requested: 'x' } }),
  ],
};
