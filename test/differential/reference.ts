import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  inputRequired,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { CallContext, Tool } from '../../dist/src/core/contract/tool.js';
import type { JsonObject } from '../../dist/src/core/json/json.js';
import { plain } from '../fixtures/plain-plugin.mjs';
import { listen } from '../support/http-server.ts';
import type { AtEnd } from '../support/temp.ts';

// The same plugin served by the official SDK: the reference for the gateway.

type Questions = Record<string, { kind: string; message: string; schema: object; url: string; params: object }>;

/** Thrown if a tool asks for an answer that the client has not sent yet. */
class Unanswered extends Error {
  readonly questions: Questions;
  constructor(questions: Questions) {
    super('unanswered');
    this.questions = questions;
  }
}

const codec = createRequestStateCodec({ key: randomBytes(32), ttlSeconds: 600, bind: (ctx) => ctx.mcpReq.method });
const INPUTS = {
  form: ({ message, schema }: Questions[string]) => inputRequired.elicit({ message, requestedSchema: schema as never }),
  url: ({ message, url }: Questions[string]) => inputRequired.elicitUrl({ message, url }),
  sampling: ({ params }: Questions[string]) => inputRequired.createMessage(params as never),
  roots: () => inputRequired.listRoots(),
};

function contextOf(ctx: ServerContext): CallContext {
  const { _meta: meta, inputResponses, signal } = ctx.mcpReq;
  const progressToken = meta?.progressToken;
  return {
    onAbort: (listener: () => void) => signal.addEventListener('abort', listener),
    progress: (progress: number, total: number, message: string) => {
      if (progressToken === undefined) return;
      void ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total, message } });
    },
    log: Object.fromEntries(
      ['debug', 'info', 'error'].map((level) => [level, (text: string) => void ctx.mcpReq.log(level as 'info', text)]),
    ),
    ask: async (questions: Questions) => {
      if (inputResponses && Object.keys(questions).every((key) => key in inputResponses)) return inputResponses;
      throw new Unanswered(questions);
    },
  } as unknown as CallContext;
}

async function callTool(call: Tool['call'], args: JsonObject, ctx: ServerContext): Promise<object> {
  try {
    const { structured, ...result } = await call(args, contextOf(ctx));
    return structured === undefined ? result : { ...result, structuredContent: structured };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const inputRequests = Object.fromEntries(
      Object.entries(error.questions).map(([key, question]) => [key, INPUTS[question.kind as 'form'](question)]),
    );
    return inputRequired({ inputRequests, requestState: await codec.mint({}, ctx) });
  }
}

/** The reference server of one era. */
export function build({ era }: { readonly era: string }): McpServer {
  const { tools, prompts, resources, templates, instructions } = plain(
    () => undefined,
    {},
    undefined,
    () => undefined,
  );
  const server = new McpServer(
    { name: 'reference', version: '1.0.0' },
    {
      instructions,
      requestState: { verify: codec.verify },
      capabilities: { logging: {}, completions: {}, resources: { subscribe: true } },
    },
  );
  for (const { name, description, input, call } of tools)
    server.registerTool(name, { description, inputSchema: fromJsonSchema(input) }, ((args: JsonObject, ctx: ServerContext) =>
      callTool(call, args, ctx)) as never);
  for (const { name, description, get, complete } of prompts) {
    const argsSchema = z.object({
      who: completable(z.string(), async (typed) => [...(((await complete?.('who', typed, {})) ?? []) as string[])]),
    });
    server.registerPrompt(name, { description, argsSchema }, (args, ctx) => get(args, contextOf(ctx)) as never);
  }
  for (const { name, uri, mimeType, read } of resources)
    server.registerResource(name, uri, { mimeType }, async (_, ctx) => ({ contents: (await read(contextOf(ctx))) as never }));
  for (const { name, uriTemplate, read } of templates)
    server.registerResource(name, new ResourceTemplate(uriTemplate, { list: undefined }), {}, async (uri, values, ctx) => ({
      contents: (await read(uri.href, values as Record<string, string>, contextOf(ctx))) as never,
    }));
  if (era === 'legacy') {
    server.server.setRequestHandler('resources/subscribe', () => ({}));
    server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  }
  return server;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } }));
}

/** Starts the reference server on Streamable HTTP, both eras on one address; returns that address. */
export async function startReference(atEnd: AtEnd): Promise<string> {
  const modern = toNodeHandler(createMcpHandler(build, { legacy: 'reject' }));
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

  const legacy = async (request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    if (typeof id === 'string') {
      const known = sessions.get(id);
      return known ? known.handleRequest(request, response, body) : refuse(response, 404, -32600, 'Session not found');
    }
    const isInitialize = (body as { method?: unknown } | undefined)?.method === 'initialize';
    if (!isInitialize) return refuse(response, request.method === 'POST' ? 400 : 405, -32600, 'No session');
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void sessions.set(session, transport),
    });
    transport.onclose = () => void sessions.delete(transport.sessionId ?? '');
    await build({ era: 'legacy' }).connect(transport);
    await transport.handleRequest(request, response, body);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'POST') return legacy(request, response, undefined);
    let body: unknown;
    try {
      body = JSON.parse(await bodyOf(request));
    } catch {
      return refuse(response, 400, -32700, 'Parse error');
    }
    const { headers } = request;
    const { kind } = classifyInboundRequest({
      httpMethod: 'POST',
      protocolVersionHeader: headers['mcp-protocol-version'] as string,
      mcpMethodHeader: headers['mcp-method'] as string,
      mcpNameHeader: headers['mcp-name'] as string,
      body,
    });
    return kind === 'legacy' ? legacy(request, response, body) : modern(request, response, body);
  };

  const origin = await listen((request, response) => void serve(request, response), atEnd);
  return `${origin}/mcp`;
}
