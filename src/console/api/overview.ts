import { VERSION } from '../../core/package.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import type { ConsoleContext } from '../context.ts';
import { type ConsoleRoute, route } from './route.ts';
import type { Card, CardState, Overview } from './types.ts';

const STATES: Readonly<Record<PluginStatus['state'], CardState>> = {
  disabled: 'disabled',
  'needs-config': 'needs-config',
  opening: 'starting',
  ready: 'ready',
  restarting: 'restarting',
  failed: 'failed',
  closed: 'disabled',
};

/** The first screen. */
export const overviewRoutes: readonly ConsoleRoute[] = [
  route('get', '/overview', {
    scope: 'observe',
    handle({ app, started }, { session }): Overview {
      const config = app.config();
      return {
        revision: String(started),
        version: VERSION,
        started,
        now: Date.now(),
        me: { who: session.who, scopes: session.scopes },
        config: {
          ...(config.file === undefined ? {} : { file: config.file }),
          warnings: config.warnings,
          fixed: [],
          auditArguments: config.audit.arguments,
          lockFile: false,
        },
        plugins: app.registry.plugins().map((status) => toCard(app, status, started)),
        profiles: app.policy().profiles(),
        tally: { seconds: [], minutes: [] },
        failedCalls: [],
        approvals: 0,
        clients: [],
        changes: 0,
        tokens: 0,
      };
    },
  }),
];

function toCard({ registry, config }: ConsoleContext['app'], status: PluginStatus, since: number): Card {
  const { id, title, adapter, version, state, error, needs, quarantined } = status;
  const tools = [...registry.catalogue().tools.values()].filter(({ plugin }) => plugin.id === id);
  const isOffInFile = config().plugins.get(id)?.enabled === false;
  return {
    id,
    title: title ?? id,
    format: adapter ?? '',
    version: version ?? '',
    state: STATES[state],
    since,
    ...(error && { why: { code: error.code, message: error.message, fix: error.fix } }),
    ...(state === 'disabled' && { offBy: isOffInFile ? 'mcp.json' : 'administrator' }),
    tools: tools.length,
    withheld: quarantined.length,
    needs,
    tokens: { tools: 0, instructions: 0, prompts: 0 },
    hour: { calls: 0, failed: 0 },
  };
}
