import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import type { Plugin } from '../../../dist/src/core/contract/plugin.js';
import type { Program } from '../../../dist/src/core/contract/process.js';
import { openApp } from '../../support/app.ts';

/** A server over pipes; every second process ends with its first call. */
function startServer(starts: { count: number }): Program {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const ends = starts.count++ % 2 === 0;
  let settle: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const end = (why: string): void => {
    stdin.destroy();
    stdout.destroy();
    settle(why);
  };
  const info = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
  stdin.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      const { id, method } = JSON.parse(line) as { id?: number; method: string };
      if (id === undefined) continue;
      if (method === 'tools/call' && ends) return end('it ended');
      const results: Record<string, object> = {
        initialize: info,
        'tools/list': { tools: [{ name: 'run', inputSchema: { type: 'object' } }] },
        'tools/call': { content: [{ type: 'text', text: 'fine' }] },
      };
      stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} })}\n`);
    }
  });
  return { pid: undefined, stdin, stdout, exited: gone, lastLines: () => [], kill: end, stop: async () => end('it was stopped') };
}

it('a call right after a lost connection uses the next one', async () => {
  const starts = { count: 0 };
  let plugin: Plugin | undefined;
  const adapter: Adapter = {
    ...mcp,
    async open(manifest, host) {
      plugin = await mcp.open(manifest, { ...host, spawn: () => startServer(starts) });
      return plugin;
    },
  };
  const app = await openApp([adapter], {
    mcpServers: { s: { command: 's', era: 'legacy' } },
    limits: { restartMinMs: 1, restartMaxMs: 1 },
  });
  await app.instance.registry.start();
  const tool = plugin?.offer()?.tools[0];
  await expect(tool?.call({}, app.newCall())).rejects.toMatchObject({ code: 'PLUGIN_CRASHED' });
  const next = await Promise.race([tool?.call({}, app.newCall()), sleep(2_500, 'no answer')]);
  expect(next).toMatchObject({ content: [{ type: 'text', text: 'fine' }] });
  expect(starts.count).toBe(2);
});
