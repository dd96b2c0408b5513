import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { BIN, serve } from '../support/gateway.ts';
import { openRaw } from '../support/modern.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';
import { withoutPython } from '../support/toolchains.ts';

// The parser of Prometheus' own client library reads what hostile tools, clients and callers bring into the figures.

const TOOLS = 2_300;
const UNKNOWN = 10_000;
/** Calls by names that no tool can have. */
const IMPOSSIBLE = 500;
const ODD = ['quo"te', 'back\\slash', 'new\nline', '} 1\nplugmux_fake_total 1', 'ünï', '{le="1"}', '# TYPE x counter', 'other', '__name__'];
const SERVER = `
  import { createInterface } from 'node:readline';
  const names = [...${JSON.stringify(ODD)}, ...Array.from({ length: ${TOOLS} }, (_, n) => 'tool_' + n)];
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    if (method === 'initialize') return say({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    if (method === 'tools/list') return say({ id, result: { tools: names.map((name) => ({ name, inputSchema: { type: 'object' } })) } });
    if (id !== undefined) say({ id, result: { content: [] } });
  });`;
const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[f.name, f.type, [[s.name, s.labels, str(s.value)] for s in f.samples]] for f in families]))`;

type Family = [name: string, type: string, samples: [name: string, labels: Record<string, string>, value: string][]];

/** A parser of a package that pip installs; undefined without a network, unless in CI. */
function createParser(): ((text: string) => Family[]) | undefined {
  if (withoutPython() !== undefined) return undefined;
  const dir = tempFolder(() => undefined);
  const flags = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--target', dir];
  try {
    execFileSync('python3', [...flags, 'prometheus-client==0.22.1'], { stdio: 'pipe', timeout: 120_000 });
  } catch (error) {
    if (process.env.CI !== undefined) throw error;
    return undefined;
  }
  const env = { ...process.env, PYTHONPATH: dir };
  return (input) => JSON.parse(String(execFileSync('python3', ['-c', PARSE], { input, env, maxBuffer: 2 ** 28 }))) as Family[];
}

const parse = createParser();

describe.skipIf(parse === undefined)(
  'GET /metrics, read by the parser of prometheus_client (needs Python and PyPI)',
  { timeout: 240_000 },
  () => {
    it('stays within its bounds, and has no line of a stranger', { tags: ['metrics-bounds'] }, async () => {
      const dir = tempFolder();
      writeFileSync(join(dir, 'server.mjs'), SERVER);
      const file = join(dir, 'mcp.json');
      const up = { command: process.execPath, args: ['./server.mjs'], approval: 'allow' };
      writeFileSync(
        file,
        JSON.stringify({
          metrics: { open: true, tools: true },
          mcpServers: { 'up-1': up },
          limits: { tools: 5_000, toolsPerPlugin: 5_000 },
        }),
      );
      const gateway = await serve(file, { bin: BIN });
      const scrape = async () => {
        const text = await (await fetch(new URL('/metrics', gateway.url))).text();
        return { text, families: (parse as NonNullable<typeof parse>)(text) };
      };
      const call = (name: string) =>
        fetch(new URL(`/api/tools/${encodeURIComponent(name)}`, gateway.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'quo"te\\' },
          body: '{}',
        }).then((response) => response.text());
      const each = async (names: readonly string[]) => {
        for (let at = 0; at < names.length; at += 50) await Promise.all(names.slice(at, at + 50).map(call));
      };
      const client = await connect('v1', gateway.at('http'));
      await until('the tools are listed', async () => (await client.list()).length >= TOOLS, 30_000);
      const listed = await client.list();
      for (const name of listed.slice(0, 20)) await client.call(name, {});
      await each(listed);
      await each(Array.from({ length: IMPOSSIBLE }, (_, n) => `un"known\n${n}`));
      const raw = await openRaw(gateway.at('ws'));
      const unknown = Array.from({ length: UNKNOWN }, (_, n) => `un"known\nplugmux_fake_total ${n}`);
      for (let at = 0; at < UNKNOWN; at += 50) await Promise.all(unknown.slice(at, at + 50).map((name) => raw.call(name, {})));

      const { text, families } = await scrape();
      const samples = families.flatMap(([, , of]) => of);
      expect(families.map(([name]) => name)).not.toContain('plugmux_fake');
      expect(text).not.toMatch(/^plugmux_fake|un.?known/m);
      const calls = families.find(([name]) => name === 'plugmux_calls');
      expect(calls?.[1]).toBe('counter');
      const tools = new Set((calls?.[2] ?? []).map(([, labels]) => JSON.stringify([labels.plugin, labels.tool])));
      // 2,000 tools, those above as one for each plugin, and the unknown ones.
      expect(tools.size).toBeGreaterThan(1_990);
      expect(tools.size).toBeLessThanOrEqual(2_002);
      const sum = (calls?.[2] ?? []).reduce((total, [, , value]) => total + Number(value), 0);
      expect(sum).toBe(listed.length + 20 + IMPOSSIBLE + UNKNOWN);
      const labels = new Set(samples.flatMap(([, of]) => Object.keys(of)));
      expect(
        [...labels].filter(
          (name) => !/^(plugin|tool|outcome|le|transport|era|kind|type|space|quantile|version|major|minor|patch)$/.test(name),
        ),
      ).toEqual([]);
      expect(new Set(samples.map(([name, of]) => JSON.stringify([name, of]))).size).toBe(samples.length);
      // A second scrape has no further sample.
      const own = (all: readonly Family[]) => all.filter(([name]) => name.startsWith('plugmux_')).flatMap(([, , of]) => of).length;
      expect(own((await scrape()).families)).toBe(own(families));
    });
  },
);
