import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Adapter } from '../core/contract/adapter.ts';
import type { AdminErrorCode } from '../core/contract/admin.ts';
import { GatewayError } from '../core/errors.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json/json.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { orOneOf } from '../core/text/nearest.ts';
import { type Actor, findPlugin, type PluginAdmin } from '../gateway/plugin-admin.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';
import { checkEncoding, readBody } from '../transports/body.ts';
import { HttpError } from '../transports/edge/http-error.ts';
import type { Identity } from '../transports/edge/logins.ts';
import { whileAllowed } from '../transports/edge/while-allowed.ts';
import type { PrefixRoute } from '../transports/router.ts';
import { sendJson } from '../transports/send-json.ts';

/** An error response. */
class AdminError extends Error {
  readonly status: number;
  readonly code: AdminErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly fix: string;
  constructor(status: number, code: AdminErrorCode, message: string, fix: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fix = fix;
    this.headers = headers;
  }
}

const NO_TOKEN = 'Add a token with the scope "admin" under "auth" in mcp.json.';
const NO_SCOPE = 'Add it to "scopes" of the token under "auth" in mcp.json.';
const MAX_BYTES = 64 * 1024;
const LOGIN_CODES: Readonly<Record<number, AdminErrorCode>> = { 401: 'UNAUTHENTICATED', 429: 'RATE_LIMITED' };
const ACTION = /^\/v1\/(?:admin\/plugins\/([^/]+)\/(enable|disable)|plugins\/([^/]+)\/(toggle)|rooms\/[^/]+\/plugins\/([^/]+)\/(toggle))$/;

/** Routes that list, enable and disable plugins. `adminCodes`: the error codes that clients expect, if they differ from ours. */
export function adminPluginRoutes(
  admin: PluginAdmin,
  redactor: Redactor,
  { adminCodes }: Pick<Adapter, 'adminCodes'> = {},
): ReadonlyMap<string, PrefixRoute> {
  const codeOf = (code: AdminErrorCode): string => adminCodes?.[code] ?? code;
  const run = async (request: IncomingMessage, path: string, body: () => Promise<JsonValue>, by: Actor): Promise<JsonValue> => {
    if (path === '/v1/admin/plugins' || path === '/v1/plugins') {
      checkMethod(request, 'GET');
      return admin.plugins().map((status) => toItem(status, admin));
    }
    const [, named, action, toggled, toggle, inRoom] = ACTION.exec(path) ?? [];
    if (inRoom !== undefined)
      throw new AdminError(
        404,
        'GROUP_NOT_FOUND',
        'Rooms are not supported: plugins are enabled for all users.',
        'Use /v1/plugins/<plugin>/toggle.',
      );
    const id = named ?? toggled;
    if (id === undefined) {
      const fix = 'Use GET /v1/admin/plugins, or POST /v1/admin/plugins/<plugin>/enable or /disable.';
      throw new AdminError(404, 'NOT_FOUND', 'Nothing is served at this address.', fix);
    }
    checkMethod(request, 'POST');
    const status = knownPlugin(admin, decode(id));
    const wanted = toggle === undefined ? action === 'enable' : requestedState(await body(), status.state === 'disabled');
    try {
      await admin.setEnabled(status.id, wanted, by);
    } catch (error) {
      const fix = error instanceof GatewayError ? error.fix : 'Look at its log.';
      throw new AdminError(409, 'OPEN_FAILED', (error as Error).message, fix);
    }
    return toItem(knownPlugin(admin, status.id), admin);
  };

  const route: PrefixRoute = (request, response, path, login) => {
    const body = (): Promise<JsonValue> => readJson(request, response, login);
    answer(response, redactor, codeOf, async () => {
      const known = identify(login);
      const by: Actor = { principal: known.principal, transport: 'http' };
      try {
        checkScope(known);
        return await whileAllowed(run(request, path, body, by), () => checkScope(identify(login)));
      } catch (error) {
        const tried = request.method === 'POST' ? attempt(path) : undefined;
        // A failure of the plugin itself (409) has been recorded there.
        if (tried && error instanceof AdminError && error.status !== 409)
          await admin.record(by, { ...tried, outcome: 'refused', code: codeOf(error.code) });
        throw error;
      }
    });
  };
  return new Map(['/v1/admin/plugins', '/v1/plugins', '/v1/rooms'].map((prefix) => [prefix, route]));
}

function checkMethod({ method }: IncomingMessage, allowed: string): void {
  if (method !== allowed)
    throw new AdminError(405, 'METHOD_NOT_ALLOWED', `${method} is not served here.`, `Use ${allowed}.`, { Allow: allowed });
}

function attempt(path: string): JsonObject | undefined {
  const [matched, named, action, toggled, toggle, inRoom] = ACTION.exec(path) ?? [];
  if (matched === undefined) return undefined;
  return { action: action ?? toggle ?? 'toggle', plugin: decode(named ?? toggled ?? inRoom ?? '') };
}

function identify(login: () => Identity): Identity {
  try {
    const known = login();
    if (known.anonymous === true) throw new AdminError(401, 'UNAUTHENTICATED', 'No token is configured.', NO_TOKEN);
    return known;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new AdminError(error.status, LOGIN_CODES[error.status] ?? 'UNAUTHENTICATED', error.message, error.fix, error.headers);
  }
}

function checkScope({ scopes }: Identity): void {
  if (!scopes.includes('admin')) throw new AdminError(403, 'FORBIDDEN', 'The token lacks the scope "admin".', NO_SCOPE);
}

function knownPlugin(admin: PluginAdmin, id: string): PluginStatus {
  const found = findPlugin(admin.plugins(), id);
  if (!found) {
    const known = admin.plugins().map(({ id, alias, adminDetails }) => alias ?? adminDetails.authorId ?? id);
    const fix = orOneOf(id, known) ?? 'Add it under "plugins" in mcp.json.';
    throw new AdminError(404, 'PLUGIN_NOT_FOUND', `There is no plugin ${id.slice(0, 128)}.`, fix);
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// `enabled` of the body; without it, the state is toggled.
function requestedState(body: JsonValue, disabled: boolean): boolean {
  return isJsonObject(body) && typeof body.enabled === 'boolean' ? body.enabled : disabled;
}

function readJson(request: IncomingMessage, response: ServerResponse, login: () => Identity): Promise<JsonValue> {
  return new Promise((resolve, reject) => {
    const { principal, scopes } = login();
    // Existing clients send various content types, so only the encoding is checked.
    checkEncoding(request);
    const exchange = { request, response, caller: { principal, profile: '', scopes }, isRevoked: () => false, refuse: reject };
    readBody(exchange, MAX_BYTES, (bytes) => {
      try {
        // A reload may have revoked the login while the body arrived.
        checkScope(identify(login));
        const text = bytes.toString().replace(/^\ufeff/, '');
        resolve(text === '' ? null : (JSON.parse(text) as JsonValue));
      } catch (error) {
        reject(
          error instanceof AdminError
            ? error
            : new AdminError(400, 'INVALID_PARAMS', 'The body is not JSON.', 'Send { "enabled": true } or no body.'),
        );
      }
    });
  });
}

function answer(
  response: ServerResponse,
  redactor: Redactor,
  codeOf: (code: AdminErrorCode) => string,
  run: () => Promise<JsonValue>,
): void {
  const send = (status: number, value: JsonObject, headers: Readonly<Record<string, string>> = {}): void => {
    // If the login was revoked meanwhile, the request has been answered already.
    if (!response.headersSent) sendJson(response, status, toJsonText(redactor.value(value)), { 'Cache-Control': 'no-store', ...headers });
  };
  run().then(
    (data) => send(200, { data, meta: Array.isArray(data) ? { total: data.length } : {} }),
    (error: unknown) => {
      const known =
        error instanceof AdminError || error instanceof HttpError
          ? error
          : new AdminError(500, 'INTERNAL', 'The gateway failed on this request.', 'Look at the log of the gateway.');
      const code = known instanceof AdminError ? codeOf(known.code) : known.code;
      send(known.status, { error: { code, message: known.message, fix: known.fix } }, known.headers);
    },
  );
}

function toItem(status: PluginStatus, admin: PluginAdmin): JsonObject {
  const { adminDetails: details, alias, id, state, error } = status;
  return {
    id: alias ?? details.authorId ?? id,
    name: details.name ?? status.title ?? id,
    version: details.version ?? status.version ?? null,
    description: details.description ?? status.description ?? null,
    format: status.adapter ?? null,
    enabled: state !== 'disabled',
    state,
    error: error ? error.message : null,
    scope: details.scope ?? null,
    injects_context: details.addsInstructions ?? false,
    permissions: [...(details.permissions ?? [])],
    granted: [...(details.granted ?? [])],
    tools: [...admin.tools(id)],
  };
}
