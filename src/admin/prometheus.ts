import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Config } from '../config/config.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { BUCKET_MS } from '../gateway/stats/histogram.ts';
import type { ToolTally } from '../gateway/stats/tally.ts';
import type { Engine } from '../mcp/engine.ts';
import type { PluginStatus } from '../registry/plugin-status.ts';

/** What a scrape reads. */
export interface MetricSources {
  readonly gateway: Pick<Gateway, 'stats'>;
  readonly engine: Pick<Engine, 'clients'>;
  config(): Pick<Config, 'metrics'>;
  plugins(): readonly PluginStatus[];
  /** Calls that wait for a person. */
  approvals(): number;
}

/** Reads all figures, in the text format of Prometheus. */
export type Scrape = () => Promise<string>;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

type Read = () => readonly Sample[] | Promise<readonly Sample[]>;

/** Creates the figures. Each is read when it is scraped, so that nothing is counted twice. */
export function createScrape({ gateway, engine, config, plugins, approvals }: MetricSources): Scrape {
  const register = new Registry();
  const add = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string, read: Read): void => {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: await read() });
    register.registerMetric({ name, help, get, reset: () => undefined } as unknown as Metric);
  };
  const tools = (): readonly ToolTally[] => merged(gateway.stats.tally.tools(), config().metrics.tools);

  add('plugmux_calls_total', 'counter', 'Finished calls of tools.', () => tools().flatMap(toCounts));
  add('plugmux_call_seconds', 'histogram', 'Duration of finished calls of tools.', () => tools().flatMap(toHistogram));
  add('plugmux_calls_waiting', 'gauge', 'Calls that wait because too many are running.', () => [one(gateway.stats.waiting())]);
  add('plugmux_plugin_up', 'gauge', 'Whether a plugin serves.', () =>
    plugins().map(({ id, state }) => ({ labels: { plugin: id }, value: state === 'ready' ? 1 : 0 })),
  );
  add('plugmux_plugin_restarts_total', 'counter', 'Starts of the process of a plugin after it had ended.', () =>
    plugins().flatMap(({ id, run }) => (run ? [{ labels: { plugin: id }, value: run.restarts }] : [])),
  );
  add('plugmux_sessions', 'gauge', 'Connected clients.', () => toSessions(engine.clients.list()));
  add('plugmux_approvals_waiting', 'gauge', 'Calls that wait for a person.', () => [one(approvals())]);
  add('plugmux_audit_failed', 'gauge', 'Whether the audit log cannot be written.', () => [one(gateway.stats.auditFailed() ? 1 : 0)]);
  collectDefaultMetrics({ register });
  // The library writes "Nan", which strict readers refuse.
  return async () => (await register.metrics()).replaceAll(/ Nan$/gm, ' NaN');
}

function one(value: number): Sample {
  return { labels: {}, value };
}

// Without tools, the figures of a plugin are those of all its tools together.
function merged(tools: readonly ToolTally[], byTool: boolean): readonly ToolTally[] {
  if (byTool) return tools;
  const plugins = new Map<string, ToolTally>();
  for (const tool of tools) {
    const sum = plugins.get(tool.plugin);
    plugins.set(tool.plugin, sum ? addUp(sum, tool) : { ...tool, tool: '' });
  }
  return [...plugins.values()];
}

function addUp(a: ToolTally, b: ToolTally): ToolTally {
  return {
    ...a,
    ends: {
      ok: a.ends.ok + b.ends.ok,
      error: a.ends.error + b.ends.error,
      refused: a.ends.refused + b.ends.refused,
      cancelled: a.ends.cancelled + b.ends.cancelled,
    },
    buckets: a.buckets.map((count, at) => count + (b.buckets[at] ?? 0)),
    seconds: a.seconds + b.seconds,
  };
}

function labelsOf({ plugin, tool }: ToolTally): Record<string, string> {
  return tool === '' ? { plugin } : { plugin, tool };
}

function toCounts(tally: ToolTally): Sample[] {
  return Object.entries(tally.ends).map(([outcome, value]) => ({ labels: { ...labelsOf(tally), outcome }, value }));
}

function toHistogram(tally: ToolTally): Sample[] {
  const labels = labelsOf(tally);
  const name = 'plugmux_call_seconds';
  let below = 0;
  const buckets = tally.buckets.map((count, at): Sample => {
    below += count;
    const bound = BUCKET_MS[at];
    return { labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1_000) }, value: below, metricName: `${name}_bucket` };
  });
  return [...buckets, { labels, value: tally.seconds, metricName: `${name}_sum` }, { labels, value: below, metricName: `${name}_count` }];
}

function toSessions(clients: readonly { readonly transport: string; readonly era: string }[]): Sample[] {
  const counts = new Map<string, { labels: { transport: string; era: string }; value: number }>();
  for (const { transport, era } of clients) {
    const key = `${transport}\n${era}`;
    const count = counts.get(key) ?? { labels: { transport, era }, value: 0 };
    count.value++;
    counts.set(key, count);
  }
  return [...counts.values()];
}
