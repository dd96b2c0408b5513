import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../dist/adapters/mcp/adapter.js';
import { openApp, textOf } from '../support/app.ts';
import { BIN, run, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

// A program that is silent for a while, like those that download and build first.
const PROGRAM = `
  require('node:fs').appendFileSync(process.argv[1], 'start\\n');
  console.log('the package was not found and will be installed');
  const say = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
  const lists = { 'tools/list': { tools: [{ name: 'late_tool', inputSchema: { type: 'object' } }] } };
  const answer = ({ id, method }) => {
    if (id === undefined) return;
    if (method === 'initialize') return say({ id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    if (method === 'tools/call') return say({ id, result: { content: [{ type: 'text', text: 'late but there' }] } });
    say(lists[method] ? { id, result: lists[method] } : { id, error: { code: -32601, message: 'no' } });
  };
  const held = [];
  let ready = false;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => (ready ? answer(JSON.parse(line)) : held.push(line)));
  setTimeout(() => { ready = true; for (const line of held) answer(JSON.parse(line)); }, Number(process.argv[2]));`;

const slow = (file: string, ms: number) => ({ command: process.execPath, args: ['-e', PROGRAM, file, String(ms)] });

describe('a server with a slow first reply', { tags: ['start-cap'] }, () => {
  it('is given time and served', async () => {
    const file = join(tempFolder(), 'starts');
    const app = await openApp([mcp], { mcpServers: { slow: slow(file, 3_000) }, limits: { startTimeoutMs: 600 } });
    await app.instance.registry.start();
    expect(app.instance.plugins()[0]).toMatchObject({ state: 'opening', error: { message: expect.stringContaining('still starting') } });
    await until('it is served', () => app.instance.registry.catalogue().tools.has('late_tool'));
    expect(app.instance.plugins()[0]).toMatchObject({ state: 'ready', error: undefined });
    expect(textOf(await app.call('late_tool'))).toBe('late but there');
    expect(readFileSync(file, 'utf8')).toBe('start\n');
  });

  it('is ended after startCapMs, as one failure', async () => {
    const file = join(tempFolder(), 'starts');
    const limits = { startTimeoutMs: 300, startCapMs: 1_500, restartMinMs: 60_000, restartMaxMs: 60_000 };
    const app = await openApp([mcp], { mcpServers: { slow: slow(file, 60_000) }, limits });
    void app.instance.registry.start();
    await app.logged('did not respond within 1.5 s');
    expect(app.instance.plugins()[0]).toMatchObject({ state: 'failed', error: { code: 'LOAD_TIMEOUT' } });
    expect(app.lines.filter(({ message }) => message.includes('Next try in'))).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toBe('start\n');
  });

  it('is waited for by commands only up to startTimeoutMs, and they report that', async () => {
    const config = writeConfig({ mcpServers: { slow: slow(join(tempFolder(), 'starts'), 60_000) }, limits: { startTimeoutMs: 1_000 } });
    const said = async (...args: string[]) => run([...args, '--config', config], { bin: BIN });
    const [doctor, list, call] = await Promise.all([said('doctor'), said('list'), said('call', 'late_tool')]);
    expect(doctor.stdout).toMatch(/starting\s+slow/);
    for (const { code, stdout, stderr } of [doctor, call]) {
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/still starting/i);
    }
    expect(list.stdout).toContain('still starting');
  });
});
