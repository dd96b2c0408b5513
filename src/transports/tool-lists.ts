import { createHash } from 'node:crypto';
import { needsLogin } from '../config/auth/auth.ts';
import type { Config } from '../config/config.ts';
import { DEFAULT_PROFILE } from '../core/contract/caller.ts';
import { GatewayError } from '../core/errors.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import type { JsonObject } from '../core/json/json.ts';
import { PATHS } from '../core/paths.ts';
import { maskProse } from '../core/secrets/mask-prose.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { View } from '../gateway/view/view.ts';
import { HttpError } from './edge/http-error.ts';
import { unauthenticated } from './login/challenge.ts';
import type { Exchange, Route } from './router.ts';
import { sendJson } from './send-json.ts';

/** The app's part of the lists. */
export interface ListSource {
  readonly gateway: Pick<Gateway, 'view' | 'refresh' | 'whenListed'>;
  config(): Pick<Config, 'tokens' | 'jwt' | 'listen'>;
  /** Removes secrets from a text. */
  redact(text: string): string;
}

type Build = (view: View) => object | Promise<object>;

/** `GET /api/tools` and `GET /api/openapi.json`: what the caller may call, for code without MCP. */
export function listRoutes(source: ListSource): ReadonlyMap<string, Route> {
  // Exporters are loaded by the first request, since most gateways never need them.
  const tools: Build = async (view) => (await import('../export/tool-list.ts')).toToolList(view.tools.values());
  const openapi: Build = async ({ tools, profile }) => {
    const { toOpenapi } = await import('../export/openapi.ts');
    // Relative to the address of the document, so that it is right behind every proxy.
    const api = `./tools${profile === DEFAULT_PROFILE ? '' : `/${profile}`}`;
    return toOpenapi([...tools.values()], api, needsLogin(source.config()));
  };
  return new Map([
    [PATHS.tools, listRoute(source, tools)],
    [PATHS.openapi, listRoute(source, openapi)],
  ]);
}

interface Text {
  readonly json: string;
  readonly etag: string;
}

function listRoute({ gateway, redact }: ListSource, build: Build): Route {
  const texts = new WeakMap<View, Text>();
  const textOf = async (view: View): Promise<Text> => {
    let text = texts.get(view);
    if (!text) {
      const json = wellFormedJson(toJsonText(maskProse((await build(view)) as JsonObject, redact)));
      text = { json, etag: `"${createHash('sha256').update(json).digest('base64url').slice(0, 22)}"` };
      texts.set(view, text);
    }
    return text;
  };
  const run = async ({ request, response, caller, isRevoked }: Exchange): Promise<void> => {
    // As for calls of `POST /api/tools`.
    const session = `${caller.profile}:${caller.principal}`;
    const clientName = request.headers['user-agent'] ?? '';
    await Promise.all([gateway.whenListed(), gateway.refresh({ caller, session, clientName })]);
    const { json, etag } = await textOf(gateway.view(caller, session));
    // A reload may have revoked the login meanwhile.
    if (isRevoked(caller)) throw unauthenticated();
    const headers = { 'Cache-Control': 'no-store', ETag: etag };
    if (!isNamed(etag, request.headers['if-none-match'])) return sendJson(response, 200, json, headers);
    response.writeHead(304, headers).end();
  };
  const answer: Route[string] = (exchange) => void run(exchange).catch((error: unknown) => exchange.refuse(toHttpError(error)));
  return { GET: answer, HEAD: answer };
}

function toHttpError(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.code !== 'DRAINING') return error;
  return new HttpError(503, 'DRAINING', error.message, { 'Retry-After': '5', Connection: 'close' });
}

// Whether an If-None-Match header names a tag.
function isNamed(etag: string, header = ''): boolean {
  return header.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}
