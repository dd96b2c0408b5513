import type { Template } from './messages.ts';

const call = (method: string, params: object): Template => ({ jsonrpc: '2.0', method, params });
const ask = (method: string, params: object): Template => ({ jsonrpc: '2.0', id: '$ID', method, params });

/** Every message that a plugin process may send by itself, and replies to the call in flight; `$PLUGIN`, `$CALL` and `$ID` are filled in. */
export function channelTemplates(report: object, consults: readonly Template[]): Template[] {
  const form = { kind: 'form', message: 'Which?', schema: { type: 'object', properties: {} } };
  const questions = {
    a: form,
    b: { kind: 'url', message: 'Look', url: 'https://example.org' },
    c: { kind: 'sampling', params: { messages: [] } },
    d: { kind: 'roots' },
  };
  const result = {
    content: [
      { type: 'text', text: 'fine', annotations: { audience: ['user'] }, _meta: { a: 1 } },
      { type: 'image', data: 'aGk=', mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///x', mimeType: 'text/plain', text: 'x' } },
      { type: 'resource_link', uri: 'file:///x', name: 'x', size: 1 },
    ],
    structured: { a: 1 },
    isError: false,
    meta: { b: [1] },
  };
  return [
    call('log', { id: '$PLUGIN', level: 'error', text: 'a line', call: '$CALL' }),
    call('log', { id: '$PLUGIN', level: 'debug', text: 'a line' }),
    call('stage', { id: '$PLUGIN', stage: 'import' }),
    call('changed', { id: '$PLUGIN', report }),
    call('changed', { id: '$PLUGIN', report }),
    call('restart', { id: '$PLUGIN', reason: 'it hangs' }),
    call('fatal', { error: 'too old' }),
    call('progress', { call: '$CALL', done: 1, total: 2, message: 'one' }),
    call('nobody knows this', { x: 1 }),
    ask('ask', { call: '$CALL', questions }),
    ask('consult', { id: '$PLUGIN', method: 'start', params: {} }),
    ...consults.map(({ method, params }) => ask('consult', { id: '$PLUGIN', method, params })),
    { jsonrpc: '2.0', id: '$CALL', result },
    { jsonrpc: '2.0', id: '$CALL', result },
    { jsonrpc: '2.0', id: '$CALL', error: { code: -32000, message: 'boom', data: { code: 'PLUGIN_FAILED', fix: 'mend it', field: 'a' } } },
  ];
}

/** The replies of a process to requests other than calls: at its start, and from the adapter of its format. */
export function otherAnswers(report: object): Template[] {
  const more = [
    { protocol: 1, runtime: 'node', version: 'v20', pid: 1 },
    { content: [{ type: 'text', text: 'instead' }] },
    { refuse: 'no' },
  ];
  return [report, ...more, { value: 'x', text: 'x', pointless: false }].map((result) => ({ result }));
}
