import { LIMITS } from '../limits.ts';

/** When a changed key of mcp.json takes effect: at the next reload, or only at the next start. */
export type ReloadMark = 'live' | 'restart';

/** Every key of the schema. A mark also applies to the keys below it. */
const MARKS: ReadonlyMap<string, ReloadMark> = new Map<string, ReloadMark>([
  ['$schema', 'live'],
  ['pluginFolders', 'live'],
  ['plugins', 'live'],
  ['mcpServers', 'live'],
  ['servers', 'live'],
  ['inputs', 'live'],
  ['profiles', 'live'],
  ['listen.http', 'restart'],
  ['listen.hosts', 'live'],
  ['listen.origins', 'live'],
  ['listen.proxies', 'live'],
  ['listen.public', 'live'],
  ['listen.tls', 'live'],
  ['listen.insecure', 'live'],
  ['proxy', 'live'],
  ['auth.tokens', 'live'],
  ['auth.jwt', 'live'],
  ...Object.keys(LIMITS).map((name): [string, ReloadMark] => [`limits.${name}`, 'live']),
  ['audit.required', 'live'],
  ['audit.arguments', 'live'],
  ['events.webhooks', 'live'],
  ['events.allowPrivate', 'live'],
  ['metrics.tools', 'live'],
  ['metrics.open', 'live'],
  ['metrics.traces', 'live'],
  ['console', 'live'],
  ['state', 'restart'],
  ['oneGateway', 'live'],
]);

/** The mark of a key, or of its nearest parent with a mark. */
export function reloadMark(path: readonly string[]): ReloadMark | undefined {
  for (let n = path.length; n > 0; n--) {
    const mark = MARKS.get(path.slice(0, n).join('.'));
    if (mark) return mark;
  }
  return undefined;
}
