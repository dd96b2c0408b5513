import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { connect, type Generation } from '../support/clients.ts';
import { writeEthos } from '../support/ethos.ts';
import { BIN, serve } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';

// What an Ethos plugin offers besides tools, as clients of both eras see it.

const CODE = `export function activate(api) {
  api.registerTool({ name: 'go', description: 'Goes', schema: { type: 'object' }, execute: async (args, ctx) => { ctx.emit({ type: 'progress', message: 'on the way', percent: 50, audience: 'user' }); return { ok: true, value: 'gone' }; } });
  api.registerInjector({ id: 'i', priority: 1, inject: async (ctx) => ({ content: 'Use go. Turn ' + ctx.turnNumber }) });
  api.registerCommand({ name: 'plan', description: 'Plans', argumentHint: '<where> [fast|slow]', prompt: 'Plan a way to $1, $2.' });
  api.registerPersonality({ id: 'walker', description: 'Walks.', plugins: ['way'] });
  api.registerMonitor({ name: 'steps', run: async (_, ctx) => ctx.notify({ sessionKey: 's', message: 'one step' }) });
  api.startMonitor('steps');
}`;

function project(): string {
  const dir = tempFolder();
  writeEthos(
    join(dir, 'plugins'),
    'way',
    { 'index.ts': CODE, 'skills/walk.md': '---\nrequired_tools: [go]\n---\nOne foot, then the other.' },
    { skills_dir: 'skills' },
  );
  writeEthos(join(dir, 'plugins'), 'other', { 'index.ts': CODE.replaceAll("'go'", "'stay'").replace("id: 'walker'", "id: 'sitter'") });
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify({ pluginFolders: ['./plugins'], profiles: { way: { plugins: ['way'] } } }));
  return join(dir, 'mcp.json');
}

async function check(generation: Generation, target: Parameters<typeof connect>[1]): Promise<void> {
  const client = await connect(generation, target);
  const raw = client.raw as Client;
  expect(await client.list()).toEqual(['go', 'load_skill']);
  expect((await client.call('go')).content[0]?.text).toBe('gone');
  expect(raw.getInstructions()).toContain('Use go.');
  const { prompts } = await raw.listPrompts();
  expect(prompts.map((p) => p.name).sort()).toEqual(['approvals', 'way_instructions', 'way_plan', 'way_walk']);
  const got = await raw.getPrompt({ name: 'way_plan', arguments: { arguments: 'town slow' } });
  expect(got.messages[0]?.content).toMatchObject({ text: 'Plan a way to town, slow.' });
  const argument = { name: 'arguments', value: 'town f' };
  expect((await raw.complete({ ref: { type: 'ref/prompt', name: 'way_plan' }, argument })).completion.values).toEqual(['town fast']);
  const { resources } = await raw.listResources();
  expect(resources.map((r) => r.uri).sort()).toEqual([
    'plugin://way/instructions',
    'plugin://way/report',
    'skill://way/walk/SKILL.md',
    'trigger://way/steps',
  ]);
  expect((await raw.readResource({ uri: 'skill://way/walk' })).contents[0]).toMatchObject({ text: 'One foot, then the other.' });
  expect((await raw.readResource({ uri: 'skill://way/walk/SKILL.md' })).contents[0]).toMatchObject({
    text: '---\nrequired_tools: [go]\n---\nOne foot, then the other.',
  });
  expect((await raw.readResource({ uri: 'trigger://way/steps' })).contents[0]).toMatchObject({ text: expect.stringContaining('one step') });
}

describe('an Ethos plugin, seen by a client', () => {
  it.each(['v1', 'v2 modern'] as const)('%s over stdio and HTTP', async (generation) => {
    const config = project();
    await check(generation, { command: process.execPath, args: [BIN, 'stdio', '--config', config, '--profile', 'way'] });
    const gateway = await serve(config, { bin: BIN });
    await check(generation, { url: `${gateway.url}/way` });
    // Profiles of plugins are served like those of the file.
    const walker = await connect(generation, { url: `${gateway.url}/walker` });
    expect(await walker.list()).toEqual(['go', 'load_skill']);
    expect((walker.raw as Client).getInstructions()).toContain('Walks.');
  });
});

describe('profiles of an Ethos plugin', () => {
  it('are served over stdio by name, like those of the configuration', async () => {
    const client = await connect('v1', { command: process.execPath, args: [BIN, 'stdio', '--profile', 'walker', '--config', project()] });
    expect(await client.list()).toEqual(['go', 'load_skill']);
  });

  it("and of the configuration may keep a plugin's tools without its hooks and injectors", async () => {
    const file = project();
    writeFileSync(file, JSON.stringify({ pluginFolders: ['./plugins'], profiles: { quiet: { plugins: ['way'], hooks: [] } } }));
    const client = await connect('v1', { command: process.execPath, args: [BIN, 'stdio', '--profile', 'quiet', '--config', file] });
    const raw = client.raw as Client;
    expect(await client.list()).toEqual(['go', 'load_skill']);
    expect(raw.getInstructions() ?? '').not.toContain('Use go.');
    expect((await raw.listPrompts()).prompts.map((prompt) => prompt.name)).not.toContain('way_instructions');
    expect((await raw.listResources()).resources.map((resource) => resource.uri)).not.toContain('plugin://way/instructions');
  });
});
