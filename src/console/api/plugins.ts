import type { Problem } from '../../core/contract/plugin.ts';
import { shorten } from '../../core/text/text.ts';
import type { PluginStatus } from '../../registry/plugin-status.ts';
import type { ConsoleContext } from '../context.ts';
import { type ConsoleRoute, route } from './route.ts';
import { pluginOf } from './shown/ask.ts';
import { toCard, withUsage } from './shown/cards.ts';
import { LISTED_LENGTH } from './shown/causes.ts';
import type { JsonMap, PluginDetails } from './types.ts';

const DESCRIPTION_LENGTH = 64 * 1024;

/** One plugin, and what an administrator can do with it. The gateway records each action. */
export const pluginRoutes: readonly ConsoleRoute[] = [
  route('get', '/plugins/:id', {
    scope: 'observe',
    handle: (context, { params }) => toDetails(context, params.id ?? ''),
  }),
  ...(['enable', 'disable', 'restart'] as const).map((action) =>
    route('post', `/plugins/:id/${action}`, {
      scope: 'admin',
      async handle(context, { params, by }) {
        const { id } = pluginOf(context.app, params.id ?? '');
        const { admin } = context.app;
        await (action === 'restart' ? admin.restart(id, by) : admin.setEnabled(id, action === 'enable', by));
        return withUsage(toCard(context, pluginOf(context.app, id)));
      },
    }),
  ),
  route('post', '/plugins/:id/check', {
    scope: 'admin',
    async handle(context, { params, by }) {
      const { id } = pluginOf(context.app, params.id ?? '');
      const found = await context.app.admin.check(id, by);
      const details = toDetails(context, id);
      return { ...details, problems: [...found.map(toProblem), ...details.problems] };
    },
  }),
];

function toDetails(context: ConsoleContext, id: string): PluginDetails {
  const { app } = context;
  const status = pluginOf(app, id);
  const { description, origin, problems, quarantined, facts, triggers } = status;
  return {
    ...withUsage(toCard(context, status)),
    ...(description === undefined ? {} : { description: shorten(description, DESCRIPTION_LENGTH) }),
    origin,
    problems: problems.map(toProblem),
    quarantined: quarantined.map(({ tool, reason }) => ({ name: tool, reason })),
    facts: facts as JsonMap,
    triggers: triggers.map((trigger) => trigger.id),
    active: app.gateway.active(id),
    beside: besides(app, status),
    drainMs: app.limits.drainMs,
    commands: app.registry.commands(id).map(({ name }) => name),
  };
}

function besides({ registry, gateway }: ConsoleContext['app'], { id, run }: PluginStatus): PluginDetails['beside'] {
  return registry
    .plugins()
    .filter((other) => other.id !== id && run?.pid !== undefined && other.run?.pid === run.pid)
    .map((other) => ({ id: other.id, title: shorten(other.title ?? other.id, LISTED_LENGTH), active: gateway.active(other.id) }));
}

function toProblem({ code = 'PLUGIN_FAILED', subject, message, fix }: Problem): PluginDetails['problems'][number] {
  const text = fix === undefined ? message : `${message} ${fix}`;
  return { code, ...(subject === undefined ? {} : { subject }), message: text };
}
