import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { rawUpstream, textOf, toolOf } from '../../support/raw-upstream.ts';
import { tempFolder } from '../../support/temp.ts';

// The lists stored at the last start count as the last good content while the server runs.

const LISTS: Readonly<Record<string, object>> = {
  'tools/list': { tools: [toolOf('a_tool')] },
  'prompts/list': { prompts: [{ name: 'a_prompt' }] },
  'resources/list': { resources: [{ uri: 'a://resource', name: 'a' }] },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'a://{x}/y', name: 't' }] },
};
const NAMES = ['a_tool', 'a_prompt', 'a://resource', 'a://{x}/y'];
const ANSWERS: Readonly<Record<string, object>> = {
  'tools/call': textOf('ran'),
  'prompts/get': { messages: [] },
  'resources/read': { contents: [{ uri: 'a://resource', text: 'read' }] },
};

function offered(app: TestApp): string[] {
  const { tools, prompts, resources, templates } = app.instance.gateway.view(localCaller());
  return [tools, prompts, resources, templates].flatMap((map) => [...map.keys()]).filter((name) => name !== 'approvals');
}

/** A server whose lists can be broken after a first start that stored all of them. */
async function secondStart(isBroken: (method: string) => boolean, fail: (response: ServerResponse) => object | undefined) {
  let breaks = false;
  const up = await rawUpstream(
    ({ method }, response) => (breaks && isBroken(method) ? fail(response) : (LISTS[method] ?? ANSWERS[method])),
    { capabilities: { tools: {}, prompts: {}, resources: {} } },
  );
  const dir = tempFolder();
  const file = { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } }, limits: { startTimeoutMs: 2_000 } };
  const first = await openApp([mcp], file, dir);
  await first.instance.registry.start();
  await until('all is listed', () => offered(first).length === NAMES.length);
  await first.close();
  breaks = true;
  const app = await openApp([mcp], file, dir);
  let changes = 0;
  app.instance.gateway.onChange(() => {
    if (JSON.stringify(offered(app)) !== JSON.stringify(NAMES)) changes++;
  });
  const mend = (): void => {
    breaks = false;
  };
  return { up, app, dir, file, changes: () => changes, mend };
}

const FAILURES: [string, (response: ServerResponse) => object | undefined][] = [
  ['fails', () => ({ error: { code: -32603, message: 'it broke inside' } })],
  ['is malformed', () => ({ tools: {}, prompts: 'none', resources: 5, resourceTemplates: true })],
  ['hangs', (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()],
];

describe.each(FAILURES)('a list that %s at a later start', { tags: ['list-apart', 'catalogue-remembered'] }, (_, fail) => {
  it.each([
    ['alone', (method: string) => method === 'tools/list'],
    ['like all others', (method: string) => method.endsWith('/list')],
    ['while all others are read', (method: string) => method.endsWith('/list') && method !== 'tools/list'],
  ])('keeps the stored content (%s), and its items can be called', async (_, isBroken) => {
    const { app, up, changes, mend } = await secondStart(isBroken, fail);
    const broken = Object.keys(LISTS).filter(isBroken);
    expect(offered(app)).toEqual(NAMES);
    await app.instance.registry.start();
    await Promise.all(broken.map((method) => app.logged(`${method} failed`)));
    await until('all are named', () => app.instance.plugins()[0]?.problems.length === broken.length);
    const [plugin] = app.instance.plugins();
    expect(plugin?.state).toBe('ready');
    expect(
      plugin?.problems.map(({ subject, message }) => [subject, message.includes('the list stored at the last start stays active')]),
    ).toEqual(broken.map((method) => [method, true]));
    expect(await app.call('a_tool')).toMatchObject(textOf('ran'));
    expect(await app.instance.gateway.getPrompt('a_prompt', {}, app.newCall())).toMatchObject({ messages: [] });
    expect(await app.instance.gateway.readResource('a://resource', app.newCall())).toMatchObject({ contents: [{ text: 'read' }] });
    expect([offered(app), changes()]).toEqual([NAMES, 0]);
    mend();
    await until('nothing is wrong any more', () => app.instance.plugins()[0]?.problems.length === 0);
    expect([offered(app), changes(), up.count('initialize')]).toEqual([NAMES, 0, 2]);
  });
});

describe('lists that fail at a later start', { tags: ['list-apart', 'catalogue-remembered'] }, () => {
  it('are still stored for the next start', async () => {
    const { app, dir, file } = await secondStart(
      (method) => method.endsWith('/list'),
      () => ({}),
    );
    await app.instance.registry.start();
    await app.logged('tools/list failed');
    await app.close();
    expect(offered(await openApp([mcp], file, dir))).toEqual(NAMES);
  });

  it('are dropped with their server', async () => {
    const { app, up } = await secondStart(
      (method) => method === 'tools/list',
      () => ({}),
    );
    up.refuse = true;
    await app.instance.registry.start();
    expect([offered(app), app.instance.plugins()[0]?.state]).toEqual([[], 'failed']);
  });
});
