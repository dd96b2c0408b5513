const icons = [{ src: 'https://example.org/i.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }];

/** The capabilities and metadata of every server. */
export const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
  experimental: { a: {} },
};
export const serverInfo = { name: 'fuzzed', title: 'Fuzzed', version: '1', icons };

/** The reply of a correct server; undefined for an unknown method. */
export function good(method, modern) {
  const common = { resultType: 'complete', ttlMs: 1000, cacheScope: 'private' };
  switch (method) {
    case 'initialize':
      return modern ? undefined : { protocolVersion: '2025-11-25', capabilities, serverInfo, instructions: 'Use run.' };
    case 'server/discover':
      return modern
        ? { ...common, supportedVersions: ['2026-07-28'], capabilities, _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo } }
        : undefined;
    case 'tools/list':
      return { ...common, tools: [{ name: 'run', inputSchema: { type: 'object', properties: {} } }] };
    case 'prompts/list':
      return { ...common, prompts: [{ name: 'say', arguments: [{ name: 'a' }] }] };
    case 'resources/list':
      return { ...common, resources: [{ uri: 'fuzz://one', name: 'one' }] };
    case 'resources/templates/list':
      return { ...common, resourceTemplates: [{ uriTemplate: 'fuzz://{one}', name: 'one' }] };
    case 'tools/call':
      return { ...common, content: [{ type: 'text', text: 'fine' }] };
    case 'prompts/get':
      return { ...common, messages: [{ role: 'user', content: { type: 'text', text: 'fine' } }] };
    case 'resources/read':
      return { ...common, contents: [{ uri: 'fuzz://one', text: 'fine' }] };
    case 'completion/complete':
      return { ...common, completion: { values: ['one'] } };
    case 'ping':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return { ...common };
    default:
      return undefined;
  }
}
