import { VERSION } from '../core/package.ts';
import type { Exporter } from './exporter.ts';

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

/** An OpenAPI description: one POST for each tool. */
export const exportOpenapi: Exporter = ({ tools, api }) => [
  {
    content: {
      openapi: '3.1.0',
      info: { title: 'plugmux', version: VERSION },
      servers: [{ url: api }],
      paths: Object.fromEntries(
        tools.map(({ entry: { name, description, plugin }, shape }) => [
          `/${name}`,
          {
            post: {
              operationId: name,
              description,
              tags: [plugin.id],
              requestBody: { required: true, content: { 'application/json': { schema: shape.input } } },
              responses: {
                200: { description: 'what the tool gave back', content: { 'application/json': { schema: RESULT } } },
                default: { description: 'why it was not called', content: { 'application/json': { schema: ERROR } } },
              },
            },
          },
        ]),
      ),
    },
  },
];
