import { localCaller } from '../../../core/contract/caller.ts';
import { shorten } from '../../../core/text/text.ts';
import { usageOf } from '../../../gateway/stats/process-usage.ts';
import type { PluginStatus } from '../../../registry/plugin-status.ts';
import type { ConsoleContext } from '../../context.ts';
import type { Card, CardState } from '../types.ts';
import { causeOf, LISTED_LENGTH } from './causes.ts';
import { tokensOfPlugin } from './tokens.ts';

const STATES: Readonly<Record<PluginStatus['state'], CardState>> = {
  disabled: 'disabled',
  'needs-config': 'needs-config',
  opening: 'starting',
  ready: 'ready',
  restarting: 'restarting',
  failed: 'failed',
  closed: 'disabled',
};

/** A plugin as lists show it, without the memory and CPU time of its process. */
export function toCard({ app, started }: Pick<ConsoleContext, 'app' | 'started'>, status: PluginStatus): Card {
  const { registry, gateway, admin } = app;
  const { id, title, adapter, version, state, needs, quarantined, since = started, run, parent } = status;
  const catalogue = registry.catalogue();
  const offBy = admin.disabledBy(id);
  const why = causeOf(status, offBy);
  let tools = 0;
  for (const { plugin } of catalogue.tools.values()) if (plugin.id === id) tools++;
  return {
    id,
    title: shorten(title ?? id, LISTED_LENGTH),
    format: adapter ?? '',
    ...(parent && { parent: parent.id }),
    version: version ?? '',
    state: STATES[state],
    since,
    ...(why && { why }),
    ...(offBy && { offBy }),
    ...(run && { run }),
    tools,
    withheld: quarantined.length + [...catalogue.withheld.values()].filter(({ entry }) => entry.plugin.id === id).length,
    needs,
    tokens: tokensOfPlugin(gateway.view(localCaller()), catalogue, id),
    hour: gateway.stats.tally.hour(id, Date.now()),
  };
}

/** A card with the memory and CPU time that the plugin's process uses now. */
export function withUsage(card: Card): Card {
  const { run } = card;
  return run?.pid === undefined ? card : { ...card, run: { ...run, ...usageOf(run.pid) } };
}
