import type { ExportPart } from './exporter.ts';

/** Grafana's grid has 24 columns. */
const WIDTH = 24;
const STAT_WIDTH = 4;
const STAT_HEIGHT = 4;
const CHART_WIDTH = 12;
const CHART_HEIGHT = 8;

interface Query {
  readonly expr: string;
  /** The name of each line, with labels in braces. */
  readonly legend?: string;
}

interface Panel {
  readonly title: string;
  /** What the figure tells, and when to look closer. */
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
  /** The value from which on a figure is shown in red. */
  readonly redFrom?: number;
}

const CALLS = 'plugmux_calls_total{instance=~"$instance", plugin=~"$plugin"}';
const NOT_OK = 'plugmux_calls_total{instance=~"$instance", plugin=~"$plugin", outcome!="ok"}';
const BUCKETS = 'plugmux_call_seconds_bucket{instance=~"$instance", plugin=~"$plugin"}';
const rate = (of: string, by = ''): string => `sum${by === '' ? '' : ` by (${by})`} (rate(${of}[$__rate_interval]))`;
const own = (metric: string): string => `${metric}{instance=~"$instance"}`;
const quantile = (share: number): string => `histogram_quantile(${share}, ${rate(BUCKETS, 'le')})`;

const STATS: readonly Panel[] = [
  { title: 'Calls per second', description: 'Finished calls of tools.', unit: 'reqps', queries: [{ expr: rate(CALLS) }] },
  {
    title: 'Not successful',
    description: 'Share of the calls that failed, were refused or were cancelled.',
    unit: 'percentunit',
    // Without calls there is no share.
    queries: [{ expr: `${rate(NOT_OK)} / (${rate(CALLS)} > 0)` }],
    redFrom: 0.05,
  },
  {
    title: 'Slowest 5 %',
    description: '95 % of the calls took less time than this.',
    unit: 's',
    queries: [{ expr: quantile(0.95) }],
  },
  {
    title: 'Plugins that do not serve',
    description: 'The console and `plugmux doctor` tell why.',
    unit: 'none',
    queries: [{ expr: `sum(1 - ${own('plugmux_plugin_up')})` }],
    redFrom: 1,
  },
  {
    title: 'Waiting for a person',
    description: 'Calls that wait for an approval at the console.',
    unit: 'none',
    queries: [{ expr: `sum(${own('plugmux_approvals_waiting')})` }],
    redFrom: 1,
  },
  {
    title: 'Audit log fails',
    description: 'Gateways that cannot write their audit log.',
    unit: 'none',
    queries: [{ expr: `sum(${own('plugmux_audit_failed')})` }],
    redFrom: 1,
  },
];

const CHARTS: readonly Panel[] = [
  {
    title: 'Calls by outcome',
    description: 'ok: the tool succeeded; error: it failed; refused: it did not run; cancelled: the client gave up.',
    unit: 'reqps',
    queries: [{ expr: rate(CALLS, 'outcome'), legend: '{{outcome}}' }],
  },
  { title: 'Calls by plugin', description: '', unit: 'reqps', queries: [{ expr: rate(CALLS, 'plugin'), legend: '{{plugin}}' }] },
  {
    title: 'Duration of calls',
    description: 'Estimated from buckets that each are three times as wide as the one before.',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((share) => ({ expr: quantile(share), legend: `${share * 100} %` })),
  },
  {
    title: 'Not successful by plugin',
    description: '',
    unit: 'reqps',
    queries: [{ expr: rate(NOT_OK, 'plugin, outcome'), legend: '{{plugin}}: {{outcome}}' }],
  },
  {
    title: 'Calls that wait',
    description: 'Too many are running, see limits.callsPerPlugin and limits.callsPerClient.',
    unit: 'none',
    queries: [{ expr: `sum by (instance) (${own('plugmux_calls_waiting')})`, legend: '{{instance}}' }],
  },
  {
    title: 'Clients',
    description: 'Connected clients by transport and era of the protocol.',
    unit: 'none',
    queries: [{ expr: `sum by (transport, era) (${own('plugmux_sessions')})`, legend: '{{transport}} {{era}}' }],
  },
  {
    title: 'Restarts of plugins',
    description: 'Starts of a process after it had ended, in the last hour.',
    unit: 'none',
    queries: [
      {
        expr: 'sum by (plugin) (increase(plugmux_plugin_restarts_total{instance=~"$instance", plugin=~"$plugin"}[1h])) > 0',
        legend: '{{plugin}}',
      },
    ],
  },
  {
    title: 'Memory of the gateway',
    description: 'Processes of plugins are not included.',
    unit: 'bytes',
    queries: [{ expr: own('process_resident_memory_bytes'), legend: '{{instance}}' }],
  },
  {
    title: 'CPU of the gateway',
    description: '1 is one core.',
    unit: 'none',
    queries: [
      { expr: `sum by (instance) (rate(process_cpu_seconds_total{instance=~"$instance"}[$__rate_interval]))`, legend: '{{instance}}' },
    ],
  },
  {
    title: 'Delay of the event loop',
    description: '99 % of the turns waited less than this.',
    unit: 's',
    queries: [{ expr: own('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}}' }],
  },
];

/** A board of Grafana for the figures of `GET /metrics`. It asks for the data source, the instances and the plugins at its top. */
export function grafanaBoard(): readonly ExportPart[] {
  const panels = [
    ...STATS.map((panel, i) => toPanel('stat', panel, { x: (i * STAT_WIDTH) % WIDTH, y: 0, w: STAT_WIDTH, h: STAT_HEIGHT })),
    ...CHARTS.map((panel, i) =>
      toPanel('timeseries', panel, {
        x: (i * CHART_WIDTH) % WIDTH,
        y: STAT_HEIGHT + Math.floor((i * CHART_WIDTH) / WIDTH) * CHART_HEIGHT,
        w: CHART_WIDTH,
        h: CHART_HEIGHT,
      }),
    ),
  ];
  const content = {
    title: 'plugmux',
    uid: 'plugmux',
    tags: ['plugmux', 'mcp'],
    schemaVersion: 39,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: VARIABLES },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
  return [{ content }, { note: 'In Grafana: Dashboards, New, Import. Prometheus scrapes /metrics with a token of the scope "metrics".' }];
}

const SOURCE = { type: 'prometheus', uid: '${source}' };
const several = { includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' }, refresh: 2, sort: 1 };
const VARIABLES = [
  { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
  variable('instance', 'Instance', 'label_values(plugmux_audit_failed, instance)'),
  variable('plugin', 'Plugin', 'label_values(plugmux_plugin_up{instance=~"$instance"}, plugin)'),
];

function variable(name: string, label: string, query: string): object {
  return { name, label, type: 'query', datasource: SOURCE, definition: query, query: { query, refId: name }, ...several };
}

function toPanel(type: 'stat' | 'timeseries', panel: Panel, gridPos: object): object {
  const { title, description, unit, queries, redFrom } = panel;
  const steps = [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])];
  return {
    type,
    title,
    description,
    datasource: SOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: SOURCE,
      expr,
      ...(legend === undefined ? {} : { legendFormat: legend }),
    })),
  };
}
