import type { ServerResponse } from 'node:http';
import type { Config } from '../config/config.ts';
import { HttpError } from '../transports/edge/http-error.ts';
import type { Identity } from '../transports/edge/logins.ts';
import type { PrefixRoute } from '../transports/router.ts';
import { sendJson } from '../transports/send-json.ts';
import type { MetricSources, Scrape } from './prometheus.ts';

const PATH = '/metrics';
const SCOPES = ['metrics', 'admin'];

/** `GET /metrics` in the text format of Prometheus. The library is loaded by the first scrape. */
export function metricsRoute(sources: MetricSources): ReadonlyMap<string, PrefixRoute> {
  let loading: Promise<Scrape> | undefined;
  const scrape = async (): Promise<string> => {
    loading ??= import('./prometheus.ts').then(({ createScrape }) => createScrape(sources));
    return (await loading)();
  };
  const route: PrefixRoute = (request, response, path, login) => {
    const run = async (): Promise<void> => {
      if (path !== PATH) throw new HttpError(404, 'NOT_FOUND', 'Nothing is served at this address.');
      if (request.method !== 'GET')
        throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${request.method} is not served here.`, { Allow: 'GET' }, 'Use GET.');
      refuseOthers(login(), sources.config());
      const text = await scrape();
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' }).end(text);
    };
    run().catch((error: unknown) => answer(response, error));
  };
  return new Map([[PATH, route]]);
}

// Without tokens, any local program could read the figures.
function refuseOthers({ scopes, anonymous }: Identity, { metrics }: Pick<Config, 'metrics'>): void {
  if (anonymous === true ? metrics.open : SCOPES.some((scope) => scopes.includes(scope))) return;
  if (anonymous === true)
    throw new HttpError(
      401,
      'UNAUTHENTICATED',
      'No token is configured, and without one the figures are closed.',
      {},
      'Add a token with the scope "metrics" under "auth" in mcp.json, or set "metrics": { "open": true }.',
    );
  throw new HttpError(
    403,
    'FORBIDDEN',
    'The token lacks the scope "metrics".',
    {},
    'Add it to "scopes" of the token under "auth" in mcp.json.',
  );
}

function answer(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) return void response.destroy();
  const refusal = thrown instanceof HttpError ? thrown : new HttpError(500, 'INTERNAL', 'The gateway failed on this request.');
  sendJson(response, refusal.status, JSON.stringify({ error: refusal.toObject() }), refusal.headers);
}
