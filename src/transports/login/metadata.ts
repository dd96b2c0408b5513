import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../config/config.ts';
import { HttpError } from '../edge/http-error.ts';
import { sendJson } from '../send-json.ts';
import { placeOfMetadata, WELL_KNOWN } from './places.ts';

/** Any web page may read the metadata: it has no secrets, and clients in browsers need it before they can log in. */
const OPEN = { 'Access-Control-Allow-Origin': '*' };
const PREFLIGHT = {
  ...OPEN,
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': '*, MCP-Protocol-Version',
  'Access-Control-Max-Age': '600',
  'Content-Length': '0',
};

/** Whether a path belongs to the metadata of protected resources. */
export function isMetadata(path: string): boolean {
  return path.startsWith(WELL_KNOWN) && (path.length === WELL_KNOWN.length || path[WELL_KNOWN.length] === '/');
}

/** Answers with the metadata of one address of the gateway (RFC 9728). Throws HttpError. */
export function sendMetadata(
  { method = '' }: IncomingMessage,
  response: ServerResponse,
  path: string,
  { jwt = [], listen }: Pick<Config, 'jwt' | 'listen'>,
  hasProfile: (profile: string) => boolean,
): void {
  const { public: published } = listen;
  const place = published === undefined || jwt.length === 0 ? undefined : placeOfMetadata(path, published);
  if (!place || (place.profile !== undefined && !hasProfile(place.profile)))
    throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.', OPEN);
  if (method === 'OPTIONS') return void response.writeHead(204, PREFLIGHT).end();
  if (method !== 'GET' && method !== 'HEAD')
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${method} is not served here.`, { ...OPEN, Allow: 'GET, HEAD, OPTIONS' });
  const scopes = jwt.flatMap((issuer) => Object.entries(issuer.scopes).flatMap(([name, scope]) => (scope === 'use' ? [name] : [])));
  const metadata = {
    resource: published + place.path,
    authorization_servers: jwt.map(({ issuer }) => issuer),
    scopes_supported: [...new Set(scopes)],
    bearer_methods_supported: ['header'],
    resource_name: place.profile === undefined ? 'plugmux' : `plugmux: ${place.profile}`,
  };
  sendJson(response, 200, JSON.stringify(metadata), { ...OPEN, 'Cache-Control': 'max-age=300' });
}
