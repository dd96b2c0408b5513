import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import { connect } from '../../support/clients.ts';
import { BIN, serve } from '../../support/gateway.ts';
import { pluginText } from '../../support/jaato.ts';
import { plant, plantedCores, setUpPlanted, shown } from '../../support/planted.ts';
import { until } from '../../support/processes.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { openPage } from '../support/page.ts';

type Item = Record<string, unknown>;
const SNAKE = `
    def initialize(self, config=None):
        import sys
        print("initialized with", config, dict(os.environ), file=sys.stderr)
        self._config = config

    def get_config_schema(self):
        return {"type": "object", "properties": {"password": {"type": "string", "format": "password"}, "mode": {"type": "string"}}}

    def fail(self):
        raise RuntimeError(f"refused: {self._config} {dict(os.environ)}")
`;

/** What a route shows for each thing that its parameter may name. A new parameter needs an entry. */
async function addressesOf(path: string, of: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  const place = /^(.*\/):(\w+)(.*)$/.exec(path);
  if (!place) return [path];
  const [, before = '', , after = ''] = place;
  const names = of[before];
  if (!names) throw new Error(`the test knows no values for the parameter of ${path}`);
  return names.map((name) => before + encodeURIComponent(name) + after);
}

describe('secrets planted in every place that accepts one', { timeout: 240_000 }, () => {
  it('are in nothing that the console, the lists and the metrics answer', { tags: ['console-secrets'] }, async () => {
    const { dir, file, config, admin, env } = await setUpPlanted();
    writeFileSync(join(dir, 'snake.py'), pluginText('snake', { hiss: 'self.fail()' }, SNAKE));
    const snake = {
      path: './snake.py',
      approval: 'allow',
      settings: { password: plant(), mode: plant((core) => `https://u:${core}@h.test/`) },
    };
    const profiles = { few: { tools: ['teller_*'] }, find: { mode: 'search' } };
    const all = {
      ...config,
      profiles,
      metrics: { tools: true },
      plugins: { ...config.plugins, snake: { ...snake, env: { HISS_TOKEN: plant() } } },
    };
    writeFileSync(file, JSON.stringify(all), { mode: 0o600 });
    expect(plantedCores().length).toBeGreaterThanOrEqual(50);
    const gateway = await serve(file, { bin: BIN, env: { ...env, PLUGMUX_LOG_LEVEL: 'debug' } });

    const code = makeCode(file);
    const { key } = await login(gateway, { code });
    const { key: byToken } = await login(gateway, { token: admin });
    const said: Record<string, string> = {};
    const note = async (name: string, path: string, options: Parameters<typeof ask>[2] = {}) => {
      const reply = await ask(gateway, path, { key, ...options });
      said[name] = `${JSON.stringify([...reply.headers])}${JSON.stringify(reply.body)}`;
      return reply;
    };
    const names = ['teller_run', 'teller_leave', 'whisper', 'hiss', 'fail', 'tell', 'die'];
    const list = async () => (((await ask(gateway, '/tools', { key })).body.items ?? []) as Item[]).map(({ name }) => String(name));
    const missing = async () => names.filter((name) => !knows(name));
    let tools: string[] = [];
    const knows = (name: string): boolean => tools.includes(name);
    await until(
      'all plugins serve',
      async () => {
        tools = await list();
        return (await missing()).length === 0;
      },
      60_000,
    );
    const areas = (await ask(gateway, '/logs', { key })).body.areas as string[];
    const want = ['calls', 'tally', 'approvals', ...areas.slice(0, 16).map((area) => `log:${area}`)];
    const page = await openPage(gateway, { key, want });

    // Calls that fail, over each way in, with secrets as arguments.
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
    for (const name of names) {
      const argument = { sent: env.ODD_ONE, encoded: encodeURIComponent(env.CASE_ODD) };
      const body = { id: name, profile: 'default', arguments: argument };
      await note(`try ${name}`, `/tools/${name}/try`, { body });
      const reply = await fetch(new URL(`/api/tools/${name}`, gateway.url), { method: 'POST', headers, body: JSON.stringify(argument) });
      said[`api ${name}`] = await reply.text();
    }
    const search = { query: 'tells and whispers', limit: 50 };
    await note('try find_tools', '/tools/find_tools/try', { body: { id: 'find', profile: 'find', arguments: search } });
    const finder = await connect('v1', { ...gateway.at('http', 'find'), headers });
    said['MCP find_tools'] = JSON.stringify(await finder.call('find_tools', search));
    for (const way of ['try find_tools', 'MCP find_tools']) expect(said[way]).toContain('[redacted]');
    expect(said['try teller_run']).toContain('refused: no key, plain-literal-1; ');
    expect(said['try hiss']).toContain('refused: ');

    // Values that were typed in, and refused bodies that hold secrets.
    const settings = (await ask(gateway, '/plugins/teller/settings', { key })).body;
    const typed = plant();
    await note('settings saved', '/plugins/teller/settings', {
      method: 'PUT',
      body: { revision: settings.revision, values: {}, secrets: { typed } },
    });
    for (const wrong of [
      { revision: settings.revision, values: { odd: typed }, secrets: {} },
      { revision: typed, values: {}, secrets: { declared: env.CASE_DB } },
      { revision: 'x', values: {}, secrets: {}, [typed]: env.CASE_DSN },
      { values: env.CASE_DB, secrets: typed },
    ])
      await note(`settings refused ${JSON.stringify(wrong).length}`, '/plugins/teller/settings', { method: 'PUT', body: wrong });
    for (const route of ROUTES.filter(({ method }) => method !== 'get'))
      await note(`${route.method} ${route.path} refused`, route.path.replaceAll(/:\w+/g, encodeURIComponent(typed)), {
        method: route.method.toUpperCase(),
        body: { [`x${env.ODD_ONE}`]: typed },
      });
    for (const action of ['check', 'restart', 'disable', 'enable']) {
      await note(`up ${action}`, `/plugins/up/${action}`, { method: 'POST' });
      await note(`whisper ${action}`, `/plugins/whisper/${action}`, { method: 'POST' });
    }

    // Every GET of the table, for all that it can name.
    const overview = (await note('GET /overview', '/overview')).body;
    const plugins = (overview.plugins as Item[]).map(({ id }) => String(id));
    const prompts = ((await ask(gateway, '/prompts', { key })).body.items as Item[]).map(({ name }) => String(name));
    const of = { '/plugins/': [...plugins, typed], '/tools/': [...(await list()), typed], '/prompts/': [...prompts, typed] };
    for (const route of ROUTES.filter(({ method }) => method === 'get'))
      for (const path of await addressesOf(route.path, of)) {
        await note(`GET ${path}`, path);
        await note(`GET ${path}?${env.ODD_ONE}`, `${path}?${env.ODD_ONE}=${typed}`);
        await note(`GET ${path} by token`, path, { key: byToken });
      }
    expect(plugins.sort()).toEqual(['remote', 'snake', 'teller', 'up', 'whisper']);
    for (const area of (await ask(gateway, '/logs', { key })).body.areas as string[])
      await note(`log ${area}`, `/logs?area=${area}&limit=2000`);
    expect(said['log plugin:teller']?.includes('on stderr: ')).toBe(true);
    await note('older calls', `/calls?before=file:${Date.now() + 60_000}&limit=500`);
    await note('few', '/tools?profile=few');
    const client = await connect('v2 modern', { ...gateway.at('http'), headers });
    for (const kind of ['Tools', 'Prompts', 'Resources'] as const) said[`MCP ${kind}`] = JSON.stringify(await client.raw[`list${kind}`]());
    expect(said['MCP Tools']).toContain('[redacted]');
    said['MCP instructions'] = String(client.raw.getInstructions());
    for (const path of ['/metrics', '/api/openapi.json', '/api/tools', '/api/tools?profile=few', '/status', '/v1/admin/plugins', '/'])
      said[path] = await (await fetch(new URL(path, gateway.url), { headers })).text();
    expect(said['/metrics']).toContain('plugmux_calls_total{plugin="teller"');
    expect(said['/api/openapi.json']).toContain('"openapi"');

    await until('the page has its log lines', () => page.texts.join('').includes('on stderr: '));
    said['live channel'] = page.texts.join('\n');
    expect(said['live channel']).toContain('"type":"call"');
    await gateway.stop();
    said.log = gateway.stderr();
    const audit = join(dir, '.plugmux', 'audit');
    for (const name of readdirSync(audit)) if (name.endsWith('.jsonl')) said[`audit ${name}`] = readFileSync(join(audit, name), 'utf8');
    expect(said.log.length).toBeGreaterThan(1_000);

    expect(Object.entries(said).flatMap(([place, text]) => (shown(text).length > 0 ? [[place, shown(text)]] : []))).toEqual([]);
    // Keys and codes of logins are secrets too.
    const own = Object.entries(said).filter(([, text]) => [key, byToken, code].some((secret) => text.includes(secret)));
    expect(own.map(([place]) => place)).toEqual([]);
  });
});
