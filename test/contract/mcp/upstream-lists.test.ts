import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { notifyAll, type RawMessage, type RawUpstream, rawUpstream, textOf, toolOf } from '../../support/raw-upstream.ts';
import { type AtEnd, tempFolder } from '../../support/temp.ts';

// Lists of a server are independent, and so are requests of Streamable HTTP.

const EVERYTHING = { tools: { listChanged: true }, prompts: {}, resources: {} };
const LISTS: Readonly<Record<string, object>> = {
  'tools/list': { tools: [toolOf('a_tool')] },
  'prompts/list': { prompts: [{ name: 'a_prompt' }] },
  'resources/list': { resources: [{ uri: 'a://resource', name: 'a' }] },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'a://{x}/y', name: 't' }] },
};
const NAMES: Readonly<Record<string, string>> = {
  'tools/list': 'a_tool',
  'prompts/list': 'a_prompt',
  'resources/list': 'a://resource',
  'resources/templates/list': 'a://{x}/y',
};

const open = (up: RawUpstream, limits: object = {}, atEnd?: AtEnd): Promise<TestApp> =>
  openApp([mcp], { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } }, limits }, undefined, atEnd);

function offered(app: TestApp): string[] {
  const { tools, prompts, resources, templates } = app.instance.gateway.view(localCaller());
  return [tools, prompts, resources, templates].flatMap((map) => [...map.keys()]).filter((name) => name !== 'approvals');
}
const problems = (app: TestApp) => app.instance.plugins()[0]?.problems ?? [];
const broken = (response: ServerResponse): undefined => void response.socket?.destroy();

describe.each(Object.keys(LISTS))('if %s fails', { tags: ['list-apart'] }, (failing) => {
  const others = Object.keys(LISTS).filter((method) => method !== failing);

  it('the next start still has its content', { tags: ['catalogue-remembered'] }, async () => {
    let works = true;
    const up = await rawUpstream(({ method }) => (method === failing && !works ? {} : LISTS[method]), {
      capabilities: EVERYTHING,
    });
    const dir = tempFolder();
    const file = { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } };
    for (works of [true, false]) {
      const app = await openApp([mcp], file, dir);
      await app.instance.registry.start();
      await until('it has been read', () => problems(app).length === (works ? 0 : 1) && app.instance.plugins()[0]?.state === 'ready');
      await app.close();
    }
    expect(offered(await openApp([mcp], file, dir))).toEqual(Object.values(NAMES));
  });

  // Each waits a second for the retry.
  it.concurrent.for<[string, (response: ServerResponse) => object | undefined]>([
    ['with an error', () => ({ error: { code: -32603, message: 'it broke inside' } })],
    ['with HTTP 500', (response) => void response.writeHead(500).end('no')],
    ['with something that is no list', () => ({ tools: {}, prompts: 'none', resources: 5, resourceTemplates: true })],
    ['by losing the connection', broken],
  ])('%s, the other lists are served and only this one is retried', async ([, fail], { expect, onTestFinished }) => {
    const atEnd = onTestFinished as AtEnd;
    let works = false;
    const up = await rawUpstream(({ method }, response) => (method === failing && !works ? fail(response) : LISTS[method]), {
      capabilities: EVERYTHING,
      atEnd,
    });
    const app = await open(up, {}, atEnd);
    await app.instance.registry.start();
    expect(offered(app)).toEqual(others.map((method) => NAMES[method]));
    expect(app.instance.plugins()[0]?.state).toBe('ready');
    expect(problems(app)).toMatchObject([{ subject: failing }]);
    await app.logged(`${failing} failed`);
    works = true;
    await until('it is served as well', () => offered(app).length === 4);
    expect(problems(app)).toEqual([]);
    for (const method of others) expect(up.count(method)).toBe(1);
    expect(up.count('initialize')).toBe(1);
  });
});

describe('a list that hangs', { tags: ['list-apart'] }, () => {
  it('does not delay the others, is reported, and is served once it is answered', async () => {
    let answer: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const up = await rawUpstream(async ({ method }) => (method === 'prompts/list' ? late.then(() => LISTS[method]) : LISTS[method]), {
      capabilities: EVERYTHING,
    });
    const app = await open(up);
    await app.instance.registry.start();
    expect(offered(app)).toEqual(['a_tool', 'a://resource', 'a://{x}/y']);
    expect(problems(app)).toMatchObject([{ subject: 'prompts/list', message: expect.stringContaining('not been answered') }]);
    answer?.();
    await until('it is served as well', () => offered(app).includes('a_prompt'));
    expect(up.count('prompts/list')).toBe(1);
  });

  it('keeps the tools of the last start until it is answered', { tags: ['catalogue-remembered'] }, async () => {
    let answer: ((list: object | undefined) => void) | undefined;
    let late: Promise<object | undefined> | undefined;
    const up = await rawUpstream(
      async ({ method }) => (method === 'tools/call' ? textOf('ran') : method === 'tools/list' && late ? late : LISTS[method]),
      { capabilities: EVERYTHING },
    );
    const dir = tempFolder();
    const file = { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } };
    const first = await openApp([mcp], file, dir);
    await first.instance.registry.start();
    await first.close();
    late = new Promise((resolve) => {
      answer = resolve;
    });
    const app = await openApp([mcp], file, dir);
    const result = app.call('a_tool');
    await app.instance.registry.start();
    expect(offered(app)).toEqual(Object.values(NAMES));
    answer?.(LISTS['tools/list']);
    expect(await result).toMatchObject(textOf('ran'));
    expect(app.instance.plugins()[0]?.state).toBe('ready');
  });

  it('is retried after its timeout, with more time', async () => {
    let asked = 0;
    const up = await rawUpstream(
      async ({ method }) => {
        if (method !== 'prompts/list') return LISTS[method];
        asked++;
        await new Promise((resolve) => setTimeout(resolve, 900));
        return LISTS[method];
      },
      { capabilities: EVERYTHING },
    );
    const app = await open(up, { startTimeoutMs: 500 });
    await app.instance.registry.start();
    await until('it is served', () => offered(app).length === 4);
    expect(asked).toBe(2);
    expect(up.count('tools/list')).toBe(1);
  });
});

it('a list that fails later keeps its content', { tags: ['list-apart'] }, async () => {
  let state: 'good' | 'bad' | 'other' = 'good';
  const up = await rawUpstream(
    ({ method }) => {
      if (method !== 'tools/list' || state === 'good') return LISTS[method];
      return state === 'bad' ? { tools: 'none' } : { tools: [toolOf('another_tool')] };
    },
    { capabilities: EVERYTHING },
  );
  const app = await open(up);
  await app.instance.registry.start();
  await until('its stream is open', () => up.streams.size === 1);
  state = 'bad';
  notifyAll(up, 'notifications/tools/list_changed');
  await app.logged('tools/list failed');
  expect(offered(app)).toHaveLength(4);
  expect(problems(app)).toMatchObject([{ subject: 'tools/list', message: expect.stringContaining('last list stays active') }]);
  state = 'other';
  await until('it is read again', () => offered(app).includes('another_tool'));
  expect(offered(app)).not.toContain('a_tool');
  expect([up.count('prompts/list'), up.count('initialize')]).toEqual([1, 1]);
});

it('a server whose only list fails is reported as failed, and served once it is answered', { tags: ['list-apart'] }, async () => {
  let works = false;
  const up = await rawUpstream(({ method }) => (works ? LISTS[method] : { error: { code: 1, message: 'not now' } }));
  const app = await open(up);
  await app.instance.registry.start();
  expect(app.instance.plugins()[0]).toMatchObject({ state: 'failed', error: { message: 'not now' } });
  works = true;
  await until('it is served', () => offered(app).includes('a_tool'));
  expect(app.instance.plugins()[0]).toMatchObject({ state: 'ready', error: undefined });
  expect(up.count('initialize')).toBe(1);
});

describe('a list of many pages', { tags: ['list-bounds'] }, () => {
  const pages = (items: number, each: number, fail = Number.POSITIVE_INFINITY) =>
    rawUpstream(
      ({ method, params }: RawMessage) => {
        if (method !== 'resources/list') return LISTS[method];
        const at = Number(params.cursor ?? 0);
        if (at >= fail) return { error: { code: -32603, message: 'the next page broke' } };
        const resources = Array.from({ length: Math.min(each, items - at) }, (_, i) => ({ uri: `r://${at + i}`, name: 'r' }));
        return { resources, ...(at + each < items ? { nextCursor: String(at + each) } : {}) };
      },
      { capabilities: EVERYTHING },
    );
  const count = (app: TestApp): number => offered(app).filter((name) => name.startsWith('r://')).length;

  it('is read completely', async () => {
    const app = await open(await pages(300, 1));
    await app.instance.registry.start();
    await until('all of it is served', () => count(app) === 300);
    expect(problems(app)).toEqual([]);
  });

  it('that breaks off is served up to that point', async () => {
    const app = await open(await pages(300, 10, 200));
    await app.instance.registry.start();
    await until('its beginning is served', () => count(app) === 200);
    expect(offered(app)).toContain('a_tool');
    expect(problems(app)).toMatchObject([{ subject: 'resources/list', message: expect.stringContaining('the first 200 are served') }]);
  });

  it('without end is cut and reported', async () => {
    const app = await open(await pages(Number.POSITIVE_INFINITY, 5_000));
    await app.instance.registry.start();
    expect(offered(app)).toContain('a_tool');
    await until('its beginning is served', () => count(app) === 50_000, 20_000);
    expect(problems(app)).toMatchObject([
      { subject: 'resources/list', message: expect.stringContaining('exceeds the limit of 50000 items') },
    ]);
  });
});

describe('Streamable HTTP', { tags: ['http-apart'] }, () => {
  const calls = (on: (message: RawMessage, response: ServerResponse) => object | undefined | Promise<object | undefined>, more = {}) =>
    rawUpstream(
      (message, response) =>
        message.method === 'tools/list' ? { tools: ['slow', 'odd', 'fine'].map((name) => toolOf(name)) } : on(message, response),
      more,
    );

  it.each<[string, (response: ServerResponse) => undefined]>([
    ['reset', broken],
    [
      'truncated',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
        response.write('{"jsonrpc":', () => broken(response));
      },
    ],
    [
      'truncated in a stream',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"jsonrpc":', () => broken(response));
      },
    ],
  ])('a request that is %s fails alone', async (_, fail) => {
    let answer: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const up = await calls(({ params }, response) =>
      params.name === 'odd' ? fail(response) : params.name === 'slow' ? late.then(() => textOf('late')) : textOf('fine'),
    );
    const app = await open(up);
    await app.instance.registry.start();
    const slow = app.call('slow');
    const lost = await app.call('odd');
    expect(lost.meta?.['plugmux/error']).toMatchObject({ code: 'UPSTREAM_LOST', outcome: 'SENT_NO_REPLY' });
    expect((await app.call('fine')).content).toEqual([{ type: 'text', text: 'fine' }]);
    answer?.();
    expect((await slow).content).toEqual([{ type: 'text', text: 'late' }]);
    expect(up.count('initialize')).toBe(1);
    // The server may have been restarted meanwhile.
    await until('its lists are looked at again', () => up.count('tools/list') === 2);
    expect(up.messages.filter(({ params }) => params.name === 'odd')).toHaveLength(1);
  });

  it('a new session is opened if the server has lost it', async () => {
    const up = await calls(() => textOf('fine'));
    const app = await open(up, { restartMinMs: 20 });
    await app.instance.registry.start();
    up.forget();
    expect((await app.call('fine')).content).toEqual([{ type: 'text', text: 'fine' }]);
    expect(up.count('initialize')).toBe(2);
  });

  it('a broken standalone stream is resumed at its last event, in the same session', async () => {
    const after: unknown[] = [];
    let refuse = 0;
    const up = await calls(() => textOf('fine'), {
      capabilities: EVERYTHING,
      get: (request: { headers: Record<string, unknown> }, response: ServerResponse) => {
        after.push(request.headers['last-event-id']);
        if (refuse-- <= 0) return false;
        if (refuse > 0) response.socket?.destroy();
        else response.writeHead(503).end();
        return true;
      },
    });
    const app = await open(up);
    await app.instance.registry.start();
    await until('its stream is open', () => up.streams.size === 1);
    refuse = 2;
    for (const stream of up.streams) stream.end('id: e7\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
    await until('it is open again', () => after.length === 4 && up.streams.size === 1, 20_000);
    expect(after).toEqual([undefined, 'e7', 'e7', 'e7']);
    const before = up.count('tools/list');
    notifyAll(up, 'notifications/tools/list_changed');
    await until('what it tells is heard', () => up.count('tools/list') > before);
    expect(up.count('initialize')).toBe(1);
  });

  it('opens a new session if the standalone stream has lost its session', async () => {
    const up = await calls(() => textOf('fine'), { get: (_: unknown, response: ServerResponse) => gone && response.writeHead(404).end() });
    let gone = false;
    const app = await open(up, { restartMinMs: 20 });
    await app.instance.registry.start();
    await until('its stream is open', () => up.streams.size === 1);
    gone = true;
    up.forget();
    for (const stream of up.streams) stream.end();
    await until('the session is a new one', () => up.count('initialize') === 2, 10_000);
  });
});

it('dropped items are reported in one line', { tags: ['withheld-told'] }, async () => {
  const names = Array.from({ length: 9 }, (_, i) => `t${i}`);
  const up = await rawUpstream(({ method }) =>
    method === 'tools/list' ? { tools: [...names.map((name) => toolOf(name)), toolOf('odd', { inputSchema: [] })] } : undefined,
  );
  const app = await open(up, { toolsPerPlugin: 4 });
  await app.instance.registry.start();
  await app.logged('6 of 10 tools are not served: t4, t5, t6 and 3 more (plugin up offers more than 4 tools)');
  const told = (): number => app.lines.filter(({ level, message }) => level === 'warn' && message.includes('not served')).length;
  expect(told()).toBe(1);
  expect(app.instance.plugins()[0]?.withheld).toContain('6 of 10');
});
