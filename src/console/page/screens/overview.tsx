import type { Card, Overview } from '../../api/types.ts';
import { approvals, clients, overview, plugins } from '../data/store.ts';
import { atMinute, many } from '../data/words.ts';
import { useTopics } from '../live.ts';
import { CallCharts } from '../parts/call-charts.tsx';
import { CallTable } from '../parts/call-table.tsx';
import { ClientTable } from '../parts/client-table.tsx';
import { NoPlugins, PluginTable } from '../parts/plugin-table.tsx';
import { Screen } from '../parts/screen.tsx';
import { href } from '../router.ts';

interface Warning {
  readonly text: string;
  readonly deed?: string;
  readonly to?: string;
}

function warningsOf({ config, changes }: Overview, cards: readonly Card[], waiting: number): readonly Warning[] {
  const { rejected } = config;
  return [
    ...(rejected
      ? [
          {
            text: `The ${atMinute(rejected.at)} version of ${config.file ?? 'mcp.json'}: ${rejected.message}`,
            deed: 'See the log',
            to: href(['logs'], { level: 'error' }),
          },
        ]
      : []),
    ...(waiting > 0
      ? [{ text: `${many(waiting, 'call waits', 'calls wait')} for your answer`, deed: 'Answer', to: href(['approvals']) }]
      : []),
    ...cards.flatMap((card) => warningOf(card)),
    ...(changes > 0
      ? [{ text: `${many(changes, 'tool differs', 'tools differ')} from the lock file`, deed: 'Review', to: href(['changes']) }]
      : []),
    ...config.warnings.map((text) => ({ text })),
  ];
}

function warningOf({ id, title, state, needs, why }: Card): readonly Warning[] {
  const name = title || id;
  if (state === 'needs-config')
    return [
      {
        text: needs.length === 1 ? `${name} needs the setting “${needs[0] ?? ''}”` : `${name} needs ${many(needs.length, 'setting')}`,
        deed: 'Open its settings',
        to: href(['plugins', id, 'settings']),
      },
    ];
  if (state === 'failed')
    return [{ text: `${name} failed${why ? `: ${why.message}` : ''}`, deed: 'See what to do', to: href(['plugins', id]) }];
  return [];
}

export function OverviewScreen() {
  useTopics('calls', 'tally');
  const data = overview.value;
  if (!data) return null;
  const warnings = warningsOf(data, plugins.value, approvals.value);
  return (
    <Screen title="Overview">
      {warnings.length > 0 && (
        <ul class="warnings" aria-label="What needs attention">
          {warnings.map(({ text, deed, to }) => (
            <li key={text} class="notice warn">
              <span>{text}</span> {to && <a href={to}>{deed}</a>}
            </li>
          ))}
        </ul>
      )}
      <CallCharts />
      {plugins.value.length === 0 ? <NoPlugins /> : <PluginTable cards={plugins.value} />}
      <h2>Last failed calls</h2>
      {data.failedCalls.length === 0 ? (
        <p class="empty">No call has failed since the start.</p>
      ) : (
        <CallTable calls={data.failedCalls} caption="Last failed calls" />
      )}
      <h2>Connected clients</h2>
      {clients.value.length === 0 ? (
        <p class="empty">
          Nobody is connected. <a href={href(['connect'])}>Connect a client</a>
        </p>
      ) : (
        <ClientTable clients={clients.value} />
      )}
    </Screen>
  );
}
