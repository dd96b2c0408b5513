import { VERSION } from '../core/package.ts';
import type { VisibleTool } from '../gateway/view/visible-tool.ts';
import type { Exporter } from './exporter.ts';
import { rebaseRefs } from './rebase-refs.ts';

const RESULT = {
  type: 'object',
  properties: {
    content: { type: 'array', items: { type: 'object' } },
    structuredContent: { description: 'the result as data, if any' },
    isError: { type: 'boolean' },
  },
  required: ['content'],
};

const ERROR = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: { code: { type: 'string' }, message: { type: 'string' }, fix: { type: 'string' }, ref: { type: 'string' } },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
};

const TOKEN = { components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }, security: [{ token: [] }] };

/** An OpenAPI description: one POST for each tool. */
export const exportOpenapi: Exporter = ({ tools, api, server }) => [
  { content: toOpenapi(tools, api, 'url' in server && server.tokenFrom !== undefined) },
];

/** The OpenAPI 3.1 document for tools below the address `api`; `hasLogin`: whether requests need a bearer token. */
export function toOpenapi(tools: readonly VisibleTool[], api: string, hasLogin: boolean): object {
  return {
    openapi: '3.1.0',
    info: { title: 'plugmux', version: VERSION },
    servers: [{ url: api }],
    paths: Object.fromEntries(tools.map((tool) => [`/${tool.entry.name}`, { post: toOperation(tool) }])),
    ...(hasLogin ? TOKEN : {}),
  };
}

function toOperation({ entry: { name, description, plugin, tool }, shape }: VisibleTool): object {
  const place = `#/paths/~1${name}/post/requestBody/content/application~1json/schema`;
  return {
    operationId: name,
    ...(tool.title === undefined ? {} : { summary: tool.title }),
    description,
    tags: [plugin.id],
    requestBody: { required: true, content: { 'application/json': { schema: rebaseRefs(shape.input, place) } } },
    responses: {
      200: { description: 'what the tool gave back', content: { 'application/json': { schema: RESULT } } },
      default: { description: 'why it was not called', content: { 'application/json': { schema: ERROR } } },
    },
  };
}
