import { PATHS } from '../../core/paths.ts';

/** Where the metadata of protected resources is served (RFC 9728). */
export const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const PLACE = /^(?:(\/mcp|\/sse|\/ws)(?:\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}))?|(\/api\/tools))$/;

/** An address that a login can be for, below `listen.public`. */
export interface Place {
  readonly path: string;
  readonly profile: string | undefined;
}

/** The place with a path; undefined for any other path. */
export function placeAt(path: string): Place | undefined {
  const [, base, profile, tools] = PLACE.exec(path) ?? [];
  return base === undefined && tools === undefined ? undefined : { path, profile };
}

/** The place whose login a request to a path needs. Never takes text from the path that is not a name of a profile. */
export function placeFor(path: string): Place {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const named = bare.startsWith(PATHS.messages) ? PATHS.sse + bare.slice(PATHS.messages.length) : bare;
  const isApi = named.startsWith(`${PATHS.tools}/`) || named === PATHS.openapi;
  return placeAt(isApi ? PATHS.tools : named) ?? { path: PATHS.streamable, profile: undefined };
}

/** Whether a token with this audience is made for the gateway at `published`. */
export function isOwnAudience(audience: string, published: string): boolean {
  return audience.startsWith(published) && placeAt(audience.slice(published.length)) !== undefined;
}

/**
 * The address of a place's metadata. Below the path of `listen.public`, where the proxy certainly leads; clients that compute
 * the address themselves look at the root of the host.
 */
export function metadataAddress(published: string, { path }: Place): string {
  return `${published}${WELL_KNOWN}${path}`;
}

/** The address at which clients look for the metadata of an address themselves. */
export function rootMetadataAddress(published: string, path: string): string {
  const { origin, pathname } = new URL(published);
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}${path}`;
}

/** The place whose metadata is at a path; undefined if there is none. At the root it is that of `/mcp`. */
export function placeOfMetadata(path: string, published: string): Place | undefined {
  const rest = path.slice(WELL_KNOWN.length);
  if (!path.startsWith(WELL_KNOWN)) return undefined;
  const prefix = new URL(published).pathname.replace(/\/$/, '');
  // A proxy may forward the path at the root of the host as it is.
  const inside = prefix !== '' && (rest === prefix || rest.startsWith(`${prefix}/`)) ? rest.slice(prefix.length) : rest;
  return inside === '' ? { path: PATHS.streamable, profile: undefined } : (placeAt(inside) ?? placeAt(rest));
}
