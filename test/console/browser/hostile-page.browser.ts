import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../dist/src/console/api/table.js';
import { writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { type Console, logIn, skipped, withConsole } from './support/browser.ts';
import { connectClient, writeGarden } from './support/garden.ts';

// A page of another origin in the browser of a person who is logged in at the console. It knows everything, the key included.

/** Every route, with parameters that exist. */
const PATHS = ROUTES.map(({ method, path }) => {
  const names: Readonly<Record<string, string>> = {
    plugins: 'garden',
    tools: 'garden_echo',
    prompts: 'none',
    clients: 'c1',
    approvals: 'a1',
  };
  return { method: method.toUpperCase(), path: path.replace(/^\/(\w+)\/:\w+/, (_, kind: string) => `/${kind}/${names[kind] ?? 'x'}`) };
});
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /logout': { everywhere: true },
  'PUT /plugins/garden/settings': { revision: '', values: {}, secrets: {} },
  'PUT /tools/garden_echo': { profile: 'default', on: false },
  'POST /tools/garden_echo/try': { id: 'x', profile: 'default', arguments: { text: 'ran' } },
  'DELETE /grants': { principal: 'local', profile: 'default', plugin: 'garden', tool: 'erase' },
  'POST /approvals/a1': { answer: 'once', shown: '' },
};

describe.skipIf(skipped).each(['localhost', '127.0.0.1'])('a page of another origin, on %s', (host) => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    writeGarden(`${dir}/garden`, { settings: [{ name: 'soil', label: 'Soil', type: 'string', default: 'loam' }] });
    return writeConfig({ plugins: { garden: { path: './garden', approval: { echo: 'ask', '*': 'allow' } } } }, [], dir);
  });
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers));
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>evil</title><body></body>');
  });
  let evil = '';
  let opened: Console;
  let page: Page;
  let key = '';
  let admin = '';
  beforeAll(async () => {
    if (skipped) return;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    evil = `http://${host}:${(server.address() as AddressInfo).port}/`;
    opened = await at.open();
    await logIn(opened.page, at.link());
    await opened.page.getByText('live', { exact: true }).waitFor();
    key = (await opened.page.evaluate(() => localStorage.getItem('plugmux.key'))) ?? '';
    admin = (await login(at.gateway(), { code: makeCode(at.file()) })).key;
    page = (await at.openPage(opened.context)).page;
    await page.goto(evil);
  });
  afterAll(async () => {
    await opened?.context.close();
    server.close();
  });

  /** All that could have been changed. */
  const state = async (): Promise<unknown> => {
    const get = async (path: string) => (await ask(at.gateway(), path, { key: admin })).body as Record<string, unknown>;
    const { plugins, config, profiles, changes } = await get('/overview');
    const cards = (plugins as { id: string; state: string; run?: { pid: number } }[]).map(({ id, state, run }) => [id, state, run?.pid]);
    const tools = ((await get('/tools')).items as { name: string; on: boolean }[]).map(({ name, on }) => [name, on]);
    const { revision: _, ...settings } = await get('/plugins/garden/settings');
    const folder = join(dirname(at.file()), '.plugmux', 'audit');
    const audited = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
    const changed = audited.filter((line) => line.includes('"kind":"admin"') || line.includes('"transport":"console"'));
    return {
      cards,
      config,
      profiles,
      changes,
      tools,
      settings,
      grants: await get('/grants'),
      waiting: (await get('/approvals')).items,
      changed,
    };
  };

  it('reads nothing and changes nothing by requests of any kind', async () => {
    const client = await connectClient(at.gateway().url);
    const call = client.callTool({ name: 'garden_echo', arguments: { text: 'waits' } }).catch(() => undefined);
    await until('the call waits', async () => ((await state()) as { waiting: unknown[] }).waiting.length === 1);
    const before = await state();
    const bodies = Object.fromEntries(
      PATHS.map(({ method, path }) => [`${method} ${path}`, JSON.stringify(BODIES[`${method} ${path}`] ?? {})]),
    );
    const read = await page.evaluate(
      async ({ base, paths, bodies, key }) => {
        const got: string[] = [];
        for (const { path, method: own } of paths)
          for (const method of new Set(['GET', 'POST', 'DELETE', own]))
            for (const headers of [
              {},
              { 'content-type': 'text/plain' },
              { 'content-type': 'application/json' },
              { 'content-type': 'application/json', authorization: `Bearer ${key}` },
            ] as Record<string, string>[])
              for (const mode of ['cors', 'no-cors'] as const) {
                if (mode === 'no-cors' && method !== 'GET' && method !== 'POST') continue;
                const body = method === 'GET' ? null : (bodies[`${own} ${path}`] ?? '{}');
                try {
                  const response = await fetch(`${base}api/console${path}`, { method, headers, mode, body, credentials: 'include' });
                  const text = await response.text();
                  if (response.type !== 'opaque' || response.status !== 0 || text !== '')
                    got.push(`${method} ${path} ${response.status} ${text}`);
                } catch {}
              }
        return got;
      },
      { base: at.address(), paths: PATHS, bodies, key },
    );
    expect(read).toEqual([]);
    expect(await state()).toEqual(before);
    // The same from the console's own page.
    const own = opened.page.evaluate(
      async (withKey) => (await fetch('api/console/overview', { headers: { authorization: `Bearer ${withKey}` } })).status,
      key,
    );
    expect(await own).toBe(200);
    // The person can go on at once: the many refused requests have not locked anybody out.
    expect((await ask(at.gateway(), '/overview', { key })).status).toBe(200);
    await client.close();
    await call;
  });

  it('opens no socket', async () => {
    const opens = await page.evaluate(
      async ({ base, key }) => {
        const tried: string[] = [];
        for (const path of ['api/console/live', 'api/console/overview', ''])
          for (const protocols of [['plugmux.console.v1'], []]) {
            const socket = new WebSocket(base.replace('http', 'ws') + path, protocols);
            await new Promise<void>((resolve) => {
              socket.onopen = () => {
                tried.push(`${path} ${protocols.join()}`);
                socket.send(JSON.stringify({ type: 'start', key, want: ['calls', 'approvals'] }));
              };
              socket.onclose = () => resolve();
              setTimeout(resolve, 3_000);
            });
          }
        return tried;
      },
      { base: at.address(), key },
    );
    expect(opens).toEqual([]);
  });

  it('shows the console in no frame, and holds no window of it', async () => {
    const held = await page.evaluate(async (base) => {
      for (const [tag, name] of [
        ['iframe', 'src'],
        ['object', 'data'],
        ['embed', 'src'],
      ] as const) {
        const element = document.createElement(tag);
        element.setAttribute(name, base);
        document.body.append(element);
      }
      const opened = window.open(`${base}#/plugins/garden`, 'console');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      let href = 'refused';
      try {
        href = String(opened?.location.href);
      } catch {}
      return { closed: opened?.closed, href, frames: opened?.length };
    }, at.address());
    expect(held).toEqual({ closed: true, href: 'refused', frames: 0 });
    for (const frame of page.frames().slice(1)) {
      expect(frame.url()).not.toContain(at.address());
      expect(await frame.content()).not.toContain('plugmux');
    }
    for (const other of opened.context.pages()) if (other !== page && other !== opened.page) await other.close();
  });

  it('changes nothing by forms', async () => {
    const before = await state();
    await page.evaluate(
      async ({ base, paths }) => {
        for (const { path } of paths.filter(({ method }) => method !== 'GET'))
          for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
            const frame = document.createElement('iframe');
            frame.name = `f${Math.random()}`;
            const form = Object.assign(document.createElement('form'), {
              method: 'POST',
              enctype,
              action: `${base}api/console${path}`,
              target: frame.name,
            });
            // As text/plain this is JSON.
            const field = Object.assign(document.createElement('input'), { name: '{"everywhere":true,"x":"', value: '"}' });
            form.append(field);
            document.body.append(frame, form);
            const done = new Promise((resolve) => {
              frame.onload = resolve;
            });
            form.submit();
            await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 1_000))]);
            frame.remove();
          }
      },
      { base: at.address(), paths: PATHS },
    );
    expect(await state()).toEqual(before);
    expect((await ask(at.gateway(), '/overview', { key })).status).toBe(200);
  });

  it('loads no script, style or image of it, and finds no cookie and no storage', async () => {
    const html = await (await fetch(at.address())).text();
    const files = [...html.matchAll(/(?:src|href)="(console\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(files.length).toBeGreaterThan(1);
    const found = await page.evaluate(
      async ({ base, files }) => {
        const loaded: string[] = [];
        const load = (element: HTMLElement, what: string): Promise<void> =>
          new Promise((resolve) => {
            element.onload = () => resolve(void loaded.push(what));
            element.onerror = () => resolve();
            document.head.append(element);
          });
        for (const path of [...files, 'api/console/overview', '']) {
          await load(Object.assign(document.createElement('script'), { src: base + path }), `script ${path}`);
          await load(Object.assign(document.createElement('script'), { src: base + path, type: 'module' }), `module ${path}`);
          await load(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: base + path }), `style ${path}`);
          await load(Object.assign(document.createElement('img'), { src: base + path }), `image ${path}`);
        }
        return {
          loaded,
          cookie: document.cookie,
          storage: [localStorage.length, sessionStorage.length],
          databases: await indexedDB.databases(),
        };
      },
      { base: at.address(), files },
    );
    expect(found).toEqual({ loaded: [], cookie: '', storage: [0, 0], databases: [] });
    expect(seen.length).toBeGreaterThan(0);
    for (const headers of seen) expect(headers).not.toMatch(/cookie|authorization|#login/i);
  });

  it('is refused under a name that was bound to this machine', async () => {
    const { port } = new URL(at.address());
    const other = (await at.openPage(opened.context)).page;
    const answer = await other.goto(`http://evil.test:${port}/`);
    expect(answer?.status()).toBe(403);
    const statuses = await other.evaluate(
      async ({ paths, key }) => {
        const all = new Set<number>();
        for (const { path, method } of paths) {
          const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
          const response = await fetch(`/api/console${path}`, { method, headers, body: method === 'GET' ? null : '{}' });
          all.add(response.status);
        }
        const opens = await new Promise((resolve) => {
          const socket = new WebSocket(`ws://${location.host}/api/console/live`, 'plugmux.console.v1');
          socket.onopen = () => resolve('open');
          socket.onclose = () => resolve('closed');
        });
        return [[...all], opens];
      },
      { paths: PATHS, key },
    );
    expect(statuses).toEqual([[403], 'closed']);
    await other.close();
    // All the time the console of the person was there, and is as it was.
    await opened.page.getByText('live', { exact: true }).waitFor();
    expect(opened.faults).toEqual([]);
  });
});
