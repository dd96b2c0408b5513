import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { run, serve, writeConfig } from '../support/gateway.ts';

interface Board {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
}

/** An expression as Grafana sends it, with its variables filled in. */
const filled = (expr: string): string => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*');

/** The faults and the metrics of a query, by the grammar of Prometheus. */
function read(expr: string): { readonly faults: readonly string[]; readonly metrics: readonly string[] } {
  const faults: string[] = [];
  const metrics: string[] = [];
  const text = filled(expr);
  parser.parse(text).iterate({
    enter({ type, node, from, to }) {
      if (type.isError) faults.push(`${text.slice(0, from)}<here>${text.slice(from)}`);
      if (type.name === 'VectorSelector') metrics.push(text.slice(node.firstChild?.from ?? from, node.firstChild?.to ?? to));
    },
  });
  return { faults, metrics };
}

describe('plugmux export grafana', () => {
  it('asks for figures that a gateway shows, in queries that Prometheus reads', { tags: ['grafana-board'] }, async () => {
    const gateway = await serve(writeConfig({ metrics: { open: true } }, ['plain']));
    const client = await connect('v1', gateway.at('http'));
    const [tool = ''] = await client.list();
    await client.call(tool, {}).catch(() => undefined);
    const scraped = await (await fetch(new URL('/metrics', gateway.url))).text();
    const known = new Set(scraped.split('\n').map((line) => /^[a-z_]\w*/i.exec(line)?.[0]));

    const { stdout, stderr, code } = await run(['export', 'grafana']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('scope "metrics"')]);
    const { panels, templating } = JSON.parse(stdout) as Board;
    expect(panels.length).toBeGreaterThanOrEqual(12);
    for (const { title, targets } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr } of targets) {
        const { faults, metrics } = read(expr);
        expect(faults, title).toEqual([]);
        expect(metrics.length, expr).toBeGreaterThan(0);
        // Only a plugin that has a process can have restarted.
        for (const metric of metrics) if (metric !== 'plugmux_plugin_restarts_total') expect([...known], expr).toContain(metric);
      }
    }
    expect(read('sum(rate(plugmux_calls_total[1m])').faults).not.toEqual([]);

    const names = templating.list.map(({ name }) => name);
    const used = new Set([...stdout.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name).filter((name) => !name?.startsWith('__')));
    expect([...used].sort()).toEqual([...names].sort());
    for (const { definition } of templating.list)
      if (definition !== undefined) expect([...known]).toContain(/^label_values\((\w+)/.exec(definition)?.[1]);
  });

  it('places its panels side by side on the grid', { tags: ['grafana-board'] }, async () => {
    const { panels } = JSON.parse((await run(['export', 'grafana', '--json'])).stdout) as Board;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});
