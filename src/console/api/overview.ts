import type { Config } from '../../config/config.ts';
import { localCaller } from '../../core/contract/caller.ts';
import { VERSION } from '../../core/package.ts';
import { closedAt } from '../../registry/settings/file-values.ts';
import { TOKEN_FROM } from './connect.ts';
import { type ConsoleRoute, route } from './route.ts';
import { toCallLine } from './shown/call-lines.ts';
import { toCard, withUsage } from './shown/cards.ts';
import { countChanges } from './shown/lock.ts';
import { toTallySlot } from './shown/tally-slots.ts';
import { tokensOfView } from './shown/tokens.ts';
import type { Overview } from './types.ts';

const FAILED_CALLS = 10;
/** Clients in the first answer; GET /clients has all. */
const CLIENTS = 50;

/** The first screen. */
export const overviewRoutes: readonly ConsoleRoute[] = [
  route('get', '/overview', {
    scope: 'observe',
    async handle(context, { session }): Promise<Overview> {
      const { app, started, revision, command, redactor } = context;
      const config = app.config();
      const rejection = app.rejection();
      const now = Date.now();
      const { tally, recent } = app.gateway.stats;
      return {
        revision: revision(),
        version: VERSION,
        started,
        now,
        me: { who: session.who, scopes: session.scopes },
        config: {
          ...(config.file === undefined ? {} : { file: config.file }),
          warnings: config.warnings,
          ...(rejection && { rejected: { message: redactor.text(rejection.message), at: rejection.at } }),
          fixed: [...config.plugins.keys()].filter((id) => closedAt(config, id) !== undefined),
          auditArguments: config.audit.arguments,
          lockFile: app.pins.rules() !== undefined,
        },
        shell: shellOf(config, command),
        plugins: app.registry.plugins().map((status) => withUsage(toCard(context, status))),
        profiles: app.policy().profiles(),
        tally: {
          seconds: tally.seconds(now).map((slot) => toTallySlot(slot, 1_000)),
          minutes: tally.minutes(now).map((slot) => toTallySlot(slot, 60_000)),
        },
        failedCalls: recent.list(({ outcome }) => outcome !== 'ok', Number.POSITIVE_INFINITY, FAILED_CALLS).map(toCallLine),
        approvals: app.approvals.count(),
        clients: app.engine.clients.list().slice(0, CLIENTS),
        changes: await countChanges(app),
        tokens: tokensOfView(app.gateway.view(localCaller())),
      };
    },
  }),
];

/** `command` starts a window. */
function shellOf({ file, tokens }: Config, command: readonly string[] | undefined): Overview['shell'] {
  if (command) return { command: [...command.slice(0, -1), 'call', ...(file === undefined ? [] : ['--config', file])] };
  return tokens.length > 0 ? { tokenFrom: TOKEN_FROM } : {};
}
