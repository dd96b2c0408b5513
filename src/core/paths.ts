/** The path of each transport. Named profiles are served one level below. */
export const PATHS = {
  streamable: '/mcp',
  sse: '/sse',
  messages: '/messages',
  websocket: '/ws',
  tools: '/api/tools',
  openapi: '/api/openapi.json',
  status: '/status',
} as const;
