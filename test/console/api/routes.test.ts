import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { until } from '../../support/processes.ts';
import { type Operated, operate } from '../support/defaults.ts';

const ends: (() => unknown)[] = [];
const atEnd = (end: () => unknown): void => void ends.push(end);
let operated: Operated;
type Item = Record<string, unknown>;
const itemsOf = (body: object): Item[] => (body as { items: Item[] }).items;

beforeAll(async () => {
  const profiles = { reader: { tools: ['notes_read', 'notes_list'] } };
  operated = await operate({ profiles, audit: { required: true } }, undefined, atEnd);
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** The lines of administrators in the audit log. */
function adminLines(): Item[] {
  const folder = join(operated.dir, '.plugmux/audit');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
  return lines.map((line) => JSON.parse(line) as Item).filter(({ event }) => event === 'admin');
}

describe('the API of the console', () => {
  it('shows plugins with state, process, sizes and calls in one answer', { tags: ['console-overview'] }, async () => {
    await operated.send('POST', '/plugins/notes/check');
    const { body } = await operated.get('/overview');
    const plugins = body.plugins as Item[];
    expect(plugins.map(({ id, state, format }) => [id, state, format]).sort()).toEqual([
      ['agenda', 'ready', 'talos'],
      ['notes', 'ready', 'talos'],
      ['snippets', 'ready', 'ethos'],
    ]);
    const notes = plugins.find(({ id }) => id === 'notes');
    expect(notes).toMatchObject({
      tools: 7,
      tokens: { tools: expect.any(Number) },
      run: { pid: expect.any(Number), rss: expect.any(Number), cpuMs: expect.any(Number), restarts: 0 },
      hour: { calls: 0, failed: 0 },
    });
    expect((notes?.tokens as { tools: number } | undefined)?.tools).toBeGreaterThan(300);
    expect(body).toMatchObject({ profiles: ['reader', 'default'], config: { auditArguments: false, fixed: [] } });
  });

  it('shows finished calls of all clients, and from the audit log what is older', { tags: ['console-calls'] }, async () => {
    const client = await connect('v1', operated.gateway.at('http'), {}, atEnd);
    await client.call('notes_write', { path: 'garden', text: '# planted-argument' });
    await client.call('notes_read', { path: 'missing' });
    const { body } = await operated.get('/calls?plugin=notes');
    const [read, write] = itemsOf(body);
    expect(read).toMatchObject({ tool: 'notes_read', outcome: 'error', transport: 'http', era: 'legacy', plugin: 'notes' });
    expect(write).toMatchObject({ tool: 'notes_write', outcome: 'ok', principal: 'local', profile: 'default' });
    expect(JSON.stringify(body)).not.toContain('planted-argument');
    expect(itemsOf((await operated.get('/calls?outcome=failed')).body).map(({ tool }) => tool)).toEqual(['notes_read']);
    expect(itemsOf((await operated.get('/calls?limit=1')).body)).toHaveLength(1);
    const files = await operated.get(`/calls?before=file:${Date.now() + 60_000}`);
    expect(itemsOf(files.body).map(({ tool, outcome }) => [tool, outcome])).toEqual([
      ['notes_read', 'error'],
      ['notes_write', 'ok'],
    ]);
    const first = await operated.get(`/calls?limit=1&before=file:${Date.now() + 60_000}`);
    const second = await operated.get(`/calls?limit=1&before=${String(first.body.next)}`);
    expect(itemsOf(second.body).map(({ tool }) => tool)).toEqual(['notes_write']);
    expect((await operated.get('/overview')).body.failedCalls).toHaveLength(1);
    expect((await operated.get('/calls?before=x')).status).toBe(400);
  });

  it('shows tools in the forms that clients get, with their size', { tags: ['console-tools'] }, async () => {
    const { body } = await operated.get('/tools?plugin=notes');
    const write = itemsOf(body).find(({ name }) => name === 'notes_write');
    expect(write).toMatchObject({ plugin: 'notes', on: true, ruledBy: 'format', approval: expect.any(String), tokens: expect.any(Number) });
    expect(
      itemsOf((await operated.get('/tools?profile=reader')).body)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['notes_list', 'notes_read']);
    expect(itemsOf((await operated.get('/tools?q=agenda%20item')).body).length).toBeGreaterThan(0);
    const details = (await operated.get('/tools/notes_write')).body;
    expect((details.forms as Item[]).map(({ dialect }) => dialect)).toEqual(['native', 'portable', 'gemini']);
    expect(details.forms).toMatchObject([{ schema: { required: ['path', 'text'] } }, { losses: [] }, { losses: [] }]);
    expect((await operated.get('/tools/nothing')).status).toBe(404);
    expect((await operated.get('/tools?profile=nobody')).status).toBe(404);
  });

  it('switches a tool off for one profile, until it is switched on', { tags: ['console-tool-switch'] }, async () => {
    const client = await connect('v1', operated.gateway.at('http'), {}, atEnd);
    const reader = await connect('v1', operated.gateway.at('http', 'reader'), {}, atEnd);
    expect(await client.list()).toContain('notes_read');
    const off = await operated.send('PUT', '/tools/notes_read', { profile: 'default', on: false });
    expect(off.body).toMatchObject({ name: 'notes_read', on: false });
    expect(await client.list()).not.toContain('notes_read');
    await expect(client.call('notes_read', { path: 'garden' })).rejects.toThrow(/Unknown tool/);
    expect(await reader.list()).toContain('notes_read');
    expect((await operated.get('/tools')).body).toMatchObject({ off: 1 });
    const fixed = await operated.send('PUT', '/tools/notes_write', { profile: 'reader', on: true });
    expect([fixed.status, fixed.body.error?.code]).toEqual([423, 'FIXED_BY_FILE']);
    await operated.send('PUT', '/tools/notes_read', { profile: 'default', on: true });
    expect(await client.list()).toContain('notes_read');
    expect(adminLines().filter(({ action }) => String(action).startsWith('switch'))).toMatchObject([
      { action: 'switch-off', tool: 'notes_read', profile: 'default', outcome: 'ok', principal: 'console:local' },
      { action: 'switch-on', outcome: 'error', code: 'FIXED_BY_FILE' },
      { action: 'switch-on', tool: 'notes_read', outcome: 'ok' },
    ]);
  });

  it('changes settings, and shows what the file fixes', { tags: ['console-settings'] }, async () => {
    const before = (await operated.get('/plugins/notes/settings')).body;
    expect((before.settings as Item[]).map(({ key, source }) => [key, source])).toEqual([
      ['root', 'default'],
      ['allow_delete', 'default'],
      ['max_kb', 'default'],
    ]);
    const body = { revision: before.revision, values: { max_kb: 3 }, secrets: {} };
    const saved = await operated.send('PUT', '/plugins/notes/settings', body);
    expect(saved.body).toMatchObject({ changed: ['max_kb'], state: 'ready', needs: [] });
    expect((await operated.send('PUT', '/plugins/notes/settings', body)).status).toBe(409);
    const wrong = await operated.send('PUT', '/plugins/notes/settings', {
      ...body,
      revision: saved.body.revision,
      values: { max_kb: 'many' },
    });
    expect([wrong.status, wrong.body.error]).toEqual([422, expect.objectContaining({ fields: { max_kb: expect.any(String) } })]);
    expect((await operated.send('PUT', '/plugins/notes/settings', { ...body, command: 'x' })).status).toBe(400);
    expect((await operated.get('/plugins/agenda/settings')).body).toBeDefined();
    expect(JSON.stringify(adminLines())).not.toContain('many');
    expect(adminLines().filter(({ action }) => action === 'settings')).toMatchObject([
      { keys: ['max_kb'], outcome: 'ok' },
      { outcome: 'error' },
      { outcome: 'error' },
    ]);
  });

  it('disables, enables and restarts a plugin', { tags: ['console-plugin-actions'] }, async () => {
    expect((await operated.send('POST', '/plugins/agenda/disable', {})).body).toMatchObject({ state: 'disabled', offBy: 'administrator' });
    expect((await operated.send('POST', '/plugins/agenda/enable')).body).toMatchObject({ state: 'ready' });
    const before = (await operated.get('/plugins/agenda')).body.run as Item;
    const after = (await operated.send('POST', '/plugins/agenda/restart')).body;
    expect(after).toMatchObject({ state: 'ready' });
    expect((after.run as Item).pid).not.toBe(before.pid);
    expect((await operated.send('POST', '/plugins/agenda/check')).body).toMatchObject({
      id: 'agenda',
      problems: expect.any(Array),
      active: 0,
    });
    expect((await operated.send('POST', '/plugins/nothing/restart')).status).toBe(404);
  });

  it('lists clients, ends one, and says how to connect others', { tags: ['console-clients'] }, async () => {
    const client = await connect('v2 modern', operated.gateway.at('http'), {}, atEnd);
    await client.list();
    const one = await connect('v1', operated.gateway.at('http'), {}, atEnd);
    await one.list();
    const clients = itemsOf((await operated.get('/clients')).body);
    const newest = clients.filter(({ era }) => era === 'legacy').at(-1);
    expect(newest).toMatchObject({ transport: 'http', principal: 'local', listed: expect.any(Number), name: expect.any(String) });
    expect(clients.some(({ era }) => era === 'modern')).toBe(true);
    expect((await operated.send('DELETE', `/clients/${String(newest?.id)}`)).status).toBe(204);
    expect(itemsOf((await operated.get('/clients')).body).some(({ id }) => id === newest?.id)).toBe(false);
    await expect(one.list()).rejects.toThrow();
    expect((await operated.send('DELETE', '/clients/c999999')).status).toBe(404);
    const rows = itemsOf((await operated.get('/connect?profile=reader')).body);
    expect(rows.filter(({ client: name }) => name === 'cursor')[0]).toMatchObject({ kind: 'file', place: '~/.cursor/mcp.json' });
    expect(String(rows[0]?.text)).toContain(`${operated.gateway.url}/reader`);
  });

  it('shows logs, prompts and instructions, and checks the audit log', { tags: ['console-logs'] }, async () => {
    writeFileSync(operated.config, `${readFileSync(operated.config, 'utf8')}\n`);
    await until('the log has lines', async () => ((await operated.get('/logs')).body.lines as Item[]).length > 0);
    const logs = (await operated.get('/logs?level=info')).body;
    expect(logs).toMatchObject({ area: 'gateway', areas: expect.arrayContaining(['gateway']), dropped: 0 });
    expect((await operated.get('/logs?area=plugin:nothing')).body).toMatchObject({ lines: [] });
    const prompts = itemsOf((await operated.get('/prompts')).body);
    expect(prompts.length).toBeGreaterThan(1);
    const free = prompts.find((prompt) => (prompt.arguments as Item[]).every(({ required }) => required !== true));
    expect((await operated.get(`/prompts/${String(free?.name)}`)).body).toMatchObject({ name: free?.name, messages: expect.any(Array) });
    const instructions = (await operated.get('/instructions')).body;
    expect((instructions.parts as Item[]).length).toBeGreaterThan(0);
    expect(instructions.chars).toBe(String(instructions.text).length);
    expect((await operated.send('POST', '/audit/verify', {})).body).toMatchObject({ ok: true, faults: [] });
    expect((await operated.send('POST', '/audit/verify', { day: 'x' })).status).toBe(400);
    expect((await operated.get('/grants')).body).toEqual({ items: [] });
    const grant = { principal: 'local', profile: 'default', plugin: 'notes', tool: 'write' };
    expect((await operated.send('DELETE', '/grants', grant)).status).toBe(404);
  });

  it('answers the first screen within 60 KB at 20 plugins', { tags: ['console-overview'] }, async () => {
    const body = (await operated.get('/overview')).body;
    const [card] = body.plugins as Item[];
    const slot = { at: Date.now(), calls: 23, failed: 2, ms: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
    // A full day of calls in each slot.
    const tally = {
      seconds: Array.from({ length: 600 }, (_, n) => vary(slot, n, 1_000)),
      minutes: Array.from({ length: 1_440 }, (_, n) => vary(slot, n, 60_000)),
    };
    const whole = {
      ...body,
      tally,
      plugins: Array.from({ length: 20 }, (_, n) => ({ ...card, id: `plugin-${n}`, title: `${n} ${card?.title}` })),
    };
    expect(gzipSync(JSON.stringify(whole), { level: 4 }).length).toBeLessThan(60 * 1024);
  });
});

function vary(slot: { at: number; ms: number[] }, n: number, step: number): object {
  return { ...slot, at: slot.at + n * step, ms: slot.ms.map((count, at) => (count * (n + 7) * (at + 3)) % 97) };
}
