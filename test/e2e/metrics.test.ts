import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';

const SCRAPER = 'a-token-that-reads-metrics';
const USER = 'a-token-that-only-calls-tools';

/** One sample of the text format. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (NaN|[+-]Inf|-?[\d.]+(?:e[+-]?\d+)?)$/;

/** Reads the text format of Prometheus; throws for a line that it does not allow, and for a sample without a type. */
function parse(text: string): readonly Sample[] {
  expect(text.endsWith('\n')).toBe(true);
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (name !== '') types.set(name, type);
    if (line.startsWith('#')) {
      expect(line).toMatch(/^# (TYPE|HELP) [a-zA-Z_:][\w:]* \S/);
      continue;
    }
    const [matched, of = '', inside = '', value = ''] = LINE.exec(line) ?? [];
    if (matched === undefined) throw new Error(`not a sample: ${line}`);
    expect([...types.keys()].some((known) => of === known || of.replace(/_(bucket|sum|count)$/, '') === known)).toBe(true);
    const labels = Object.fromEntries([...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]));
    samples.push({ name: of, labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  return samples;
}

const scrape = (gateway: Serving, token?: string) =>
  fetch(new URL('/metrics', gateway.url), token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });

describe('GET /metrics', () => {
  it('shows the tally in the text format, for tokens with its scope alone', { tags: ['metrics'] }, async () => {
    const tokens = [
      { token: SCRAPER, principal: 'prometheus', scopes: ['metrics'] },
      { token: USER, principal: 'uwe' },
    ];
    const gateway = await serve(writeConfig({ auth: { tokens } }, ['plain']));
    const client = await connect('v1', { ...gateway.at('http'), headers: { Authorization: `Bearer ${USER}` } });
    const [tool = ''] = await client.list();
    await client.call(tool, {}).catch(() => undefined);
    expect([(await scrape(gateway)).status, (await scrape(gateway, USER)).status]).toEqual([401, 403]);
    const response = await scrape(gateway, SCRAPER);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const samples = parse(await response.text());
    const of = (name: string) => samples.filter((sample) => sample.name === name);
    const calls = of('plugmux_calls_total').filter(({ labels }) => labels.plugin === 'plain');
    expect(calls.map(({ labels }) => Object.keys(labels).sort().join())).toEqual(new Array(4).fill('outcome,plugin'));
    expect(calls.reduce((sum, { value }) => sum + value, 0)).toBe(1);
    const buckets = of('plugmux_call_seconds_bucket').filter(({ labels }) => labels.plugin === 'plain');
    expect(buckets.map(({ labels }) => labels.le)).toEqual([
      '0.001',
      '0.003',
      '0.01',
      '0.03',
      '0.1',
      '0.3',
      '1',
      '3',
      '10',
      '30',
      '100',
      '+Inf',
    ]);
    expect(buckets.at(-1)?.value).toBe(1);
    expect(of('plugmux_call_seconds_count').map(({ value }) => value)).toContain(1);
    expect(of('plugmux_plugin_up')).toEqual([{ name: 'plugmux_plugin_up', labels: { plugin: 'plain' }, value: 1 }]);
    expect(of('plugmux_sessions')).toEqual([{ name: 'plugmux_sessions', labels: { transport: 'http', era: 'legacy' }, value: 1 }]);
    for (const name of ['plugmux_calls_waiting', 'plugmux_approvals_waiting', 'plugmux_audit_failed']) expect(of(name)[0]?.value).toBe(0);
    expect(of('process_cpu_seconds_total')).toHaveLength(1);
  });

  it('is open without tokens only if the file says so, and then names tools if the file says so', { tags: ['metrics'] }, async () => {
    const closed = await serve(writeConfig({}, ['plain']));
    expect((await scrape(closed)).status).toBe(401);
    const open = await serve(writeConfig({ metrics: { open: true, tools: true } }, ['plain']));
    const client = await connect('v1', open.at('http'));
    const [tool = ''] = await client.list();
    await client.call(tool, {}).catch(() => undefined);
    const samples = parse(await (await scrape(open)).text());
    expect(samples.find(({ name }) => name === 'plugmux_calls_total')?.labels).toMatchObject({ plugin: 'plain', tool });
    expect((await fetch(new URL('/metrics', open.url), { method: 'POST' })).status).toBe(405);
    expect((await fetch(new URL('/metrics/x', open.url))).status).toBe(404);
  });
});
