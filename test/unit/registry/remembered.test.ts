import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { GatewayError } from '../../../dist/src/core/errors.js';
import type { Call } from '../../../dist/src/gateway/call/call.js';
import { BY, textOf } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { edit, names, Stage, stateOf } from '../../support/stage.ts';

describe('a second start', () => {
  it('lists the stored offers before any plugin opens, and sends no notification if nothing differs', {
    tags: ['catalogue-remembered'],
  }, async () => {
    const stage = new Stage('a', 'b');
    stage.offers.set('a', {
      tools: [stage.tool('a', 'one', { hints: { readOnly: true }, meta: { 'x/y': [1.5] }, labels: ['l'], title: 'One' })],
      prompts: [{ name: 'p', arguments: [{ required: true, name: 'q', more: 1 }], get: async () => ({ messages: [] }) }],
      resources: [{ uri: 'a:b', name: 'r', size: 3, read: async () => [] }],
      templates: [{ uriTemplate: 'a:{b}', name: 't', read: async () => [] }],
      instructions: 'Use one.',
    });
    stage.offers.set('b', { tools: [stage.tool('b', 'two')] });
    const app = await stage.secondStart();
    expect(app.instance.gateway.introduced()).toBeUndefined();
    expect(app.instance.gateway.whenListed()).toBeUndefined();
    const { listed, prompts, resources, templates, instructions } = app.instance.gateway.view(localCaller());
    expect([[...listed.keys()], [...prompts.keys()], [...resources.keys()], [...templates.keys()]]).toEqual([
      ['one', 'two'],
      expect.arrayContaining(['p', 'a_instructions']),
      expect.arrayContaining(['a:b']),
      ['a:{b}'],
    ]);
    expect(instructions).toContain('Use one.');
    expect([stage.opened, stateOf(app, 'a'), stateOf(app, 'b')]).toEqual([[], 'opening', 'opening']);

    const replies: { id?: number; method?: string; result?: object }[] = [];
    const write = ({ bytes }: { bytes?: string | Buffer }) => void replies.push(JSON.parse(String(bytes)));
    const connection = app.instance.engine.connect(localCaller(), 'test', { write }, () => undefined);
    const send = (message: object) =>
      connection.receive(app.instance.engine.read(Buffer.from(JSON.stringify({ jsonrpc: '2.0', params: {}, ...message }))));
    send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    });
    send({ method: 'notifications/initialized' });
    const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
    for (const [i, method] of lists.entries()) send({ id: i + 1, method });
    expect([replies.map(({ id }) => id), stage.opened]).toEqual([[0, 1, 2, 3, 4], []]);

    await app.instance.registry.start();
    stage.move('a', 'ready');
    stage.move('b', 'ready');
    await until('both are ready', () => app.instance.plugins().every(({ state }) => state === 'ready'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (const [i, method] of lists.entries()) send({ id: i + 11, method });
    expect(replies.slice(5).map(({ id, result }) => [id, result])).toEqual(
      replies.slice(1, 5).map(({ id = 0, result }) => [id + 10, result]),
    );
  });

  it('sends a notification of differences once the plugin has opened', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'old')] });
    const app = await stage.secondStart();
    expect(names(app)).toEqual(['old']);
    await app.instance.registry.start();
    stage.offers.set('a', { tools: [stage.tool('a', 'new')] });
    stage.move('a', 'ready');
    await until('it has changed', () => names(app).join() === 'new');
    // The tool that the client has listed does not exist any more.
    await expect(app.call('old')).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
  });

  it('lets a call wait only for its own plugin, and runs it by the current rules of the plugin', {
    tags: ['catalogue-remembered'],
  }, async () => {
    const stage = new Stage('a', 'b');
    stage.offers.set('a', { tools: [stage.tool('a', 'one'), stage.tool('a', 'strict'), stage.tool('a', 'asks')] });
    stage.offers.set('b', { tools: [stage.tool('b', 'two')] });
    const app = await stage.secondStart();
    const input = { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] };
    stage.offers.set('a', {
      tools: [stage.tool('a', 'one'), stage.tool('a', 'strict', { input }), stage.tool('a', 'asks', { approval: 'required' })],
    });
    const [one, strict, asks] = [app.call('one'), app.call('strict'), app.call('asks')];
    await until('its plugin is started', () => stage.started.length > 0);
    expect([new Set(stage.started), stage.opened.sort()]).toEqual([new Set(['a']), ['a', 'b']]);
    stage.move('a', 'ready');
    expect(textOf(await one)).toBe('a ran one');
    expect((await strict).meta?.['plugmux/error']).toMatchObject({ code: 'ARGUMENTS_INVALID' });
    expect((await asks).isError).toBe(true);
    expect([stage.calls, stateOf(app, 'b')]).toEqual([['one'], 'opening']);
  });

  it.each([
    ['are read', (stage: Stage) => ({ tools: [stage.tool('a', 'new')] }), ['new']],
    ['cannot be read', () => ({ unread: ['tools'] }), []],
  ])(
    'keeps the tools of a plugin that is still reading them, until they %s',
    { tags: ['catalogue-remembered'] },
    async (_, read, after) => {
      const stage = new Stage('a');
      stage.offers.set('a', { tools: [stage.tool('a', 'old')] });
      const app = await stage.secondStart();
      await app.instance.registry.start();
      stage.offers.set('a', { awaitsTools: true, unread: ['tools'] });
      stage.move('a', 'ready');
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect([names(app), stateOf(app, 'a')]).toEqual([['old'], 'opening']);
      stage.offers.set('a', read(stage));
      stage.move('a', 'ready');
      await until('its tools are as they are now', () => stateOf(app, 'a') === 'ready');
      expect(names(app)).toEqual(after);
    },
  );

  it.each([
    [
      'whose plugin ends',
      'PLUGIN_UNAVAILABLE',
      (stage: Stage) => stage.move('a', 'failed', new GatewayError('PLUGIN_CRASHED', 'It ended.')),
    ],
    ['that is cancelled', 'CALL_CANCELLED', (_: Stage, call: Call) => call.abort(new GatewayError('CALL_CANCELLED', 'Enough.'))],
  ])('reports that a waiting call %s was not sent', { tags: ['catalogue-remembered'] }, async (_, code, end) => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    const app = await stage.secondStart();
    const call = app.newCall();
    const result = app.call('one', {}, call);
    await until('it is started', () => stage.started.length > 0);
    end(stage, call);
    const error = (await result).meta?.['plugmux/error'];
    expect(error).toMatchObject({ code, outcome: 'NOT_SENT', fix: expect.not.stringContaining('what the tool did') });
  });

  it('returns the cause for a call of a plugin that now fails, and removes its tools from the list', {
    tags: ['catalogue-remembered'],
  }, async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    const app = await stage.secondStart();
    const result = app.call('one');
    await until('it is started', () => stage.started.length > 0);
    stage.move('a', 'failed', new GatewayError('DEPENDENCY_MISSING', 'It needs a package.'));
    expect((await result).meta?.['plugmux/error']).toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: expect.stringContaining('It needs a package'),
    });
    expect([names(app), stateOf(app, 'a')]).toEqual([[], 'failed']);
    await app.close();
    // The next first list does not wait for it either.
    stage.started = [];
    const third = await stage.open();
    expect([third.instance.gateway.introduced(), third.instance.gateway.whenListed(), names(third), stage.started]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ]);
    await third.instance.registry.start();
    stage.move('a', 'ready');
    await until('it is back', () => names(third).length === 1);
  });

  it('recognizes a plugin that crashed after it had loaded, even while it restarts', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    const first = await stage.open();
    await first.instance.registry.start();
    stage.move('a', 'ready');
    await until('it is listed', () => names(first).length === 1);
    stage.move('a', 'restarting', new GatewayError('PLUGIN_CRASHED', 'It crashed.'));
    expect(names(first)).toEqual(['one']);
    await first.close();
    const second = await stage.open();
    expect(names(second)).toEqual(['one']);
  });

  it('decides visibility by the current file, not by the stored offers', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a', 'b', 'c');
    for (const id of ['a', 'b', 'c'])
      stage.offers.set(id, { tools: [stage.tool(id, `${id}1`, { description: 'x' }), stage.tool(id, `${id}2`)] });
    await stage.firstStart();
    const { plugins } = stage.config;
    const changed = {
      plugins: { a: { ...plugins.a, approval: { a1: 'deny', a2: 'ask' }, names: { a2: 'renamed' } }, b: { ...plugins.b, enabled: false } },
      profiles: { default: { tools: ['*', '!nothing'] } },
    };
    const app = await stage.open(changed);
    expect(names(app)).toEqual(['renamed']);
    expect(app.instance.gateway.view(localCaller()).tools.get('renamed')?.approval).toBe('required');
    expect([stage.opened, stateOf(app, 'b'), stateOf(app, 'c')]).toEqual([[], 'disabled', undefined]);
    await app.close();
    const off = await stage.open();
    await off.instance.admin.setEnabled('c', false, BY);
    await off.close();
    const last = await stage.open();
    expect([names(last), stateOf(last, 'c')]).toEqual([['a1', 'a2', 'b1', 'b2'], 'disabled']);
  });

  it('does not use the offer of a plugin whose source or settings have changed, or of another configuration', {
    tags: ['catalogue-remembered'],
  }, async () => {
    const stage = new Stage('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) stage.offers.set(id, { tools: [stage.tool(id, `${id}1`)] });
    const { plugins } = stage.config;
    plugins.b = { ...plugins.b, credentials: { key: 'the first key' } };
    await stage.firstStart();
    stage.digests.set('a', 'edited');
    const app = await stage.open({ plugins: { ...plugins, b: { ...plugins.b, credentials: { key: 'another' } } } });
    expect(names(app)).toEqual(['c1']);
    // These have no stored offer, so a first list waits for them.
    expect(app.instance.gateway.whenListed()).toBeInstanceOf(Promise);
    edit(stage.dir, (row) => {
      expect(row).not.toContain('the first key');
      return row;
    });
  });

  it('does not store offers that depend on a login, and dynamic or session tools', {
    tags: ['catalogue-remembered'],
  }, async () => {
    const stage = new Stage('a', 'b');
    stage.offers.set('a', { tools: [stage.tool('a', 'mine')], personal: true });
    stage.offers.set('b', {
      tools: [stage.tool('b', 'all'), stage.tool('b', 'made', { dynamic: true }), stage.tool('b', 'own', { shownTo: () => true })],
    });
    await stage.firstStart();
    expect(names(await stage.open())).toEqual(['all']);
  });

  it('holds calls until their guards have opened', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a', 'guard', 'filter');
    stage.guards.add('guard');
    const asked: string[] = [];
    const steps = (name: string, step: string) => ({
      onError: 'deny',
      [step]: async () => {
        asked.push(name);
        return undefined;
      },
    });
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    stage.offers.set('guard', { middleware: steps('guard', 'guard') });
    stage.offers.set('filter', { middleware: steps('filter', 'before') });
    const app = await stage.secondStart();
    const result = app.call('one');
    await until('all are started', () => stage.started.length >= 2);
    expect(new Set(stage.started)).toEqual(new Set(['guard', 'filter']));
    for (const id of ['guard', 'filter']) stage.move(id, 'ready');
    await until('its own plugin is started', () => stage.started.includes('a'));
    stage.move('a', 'ready');
    expect(textOf(await result)).toBe('a ran one');
    expect(asked.sort()).toEqual(['filter', 'guard']);
  });

  it.each([
    ['is not JSON', (row: string) => `${row.slice(0, 60)}{`],
    ['has a tool without a name', (row: string) => row.replace('"name":"one"', '"name":1')],
    ['has another approval', (row: string) => row.replace('"approval":"client"', '"approval":"always"')],
    ['is nested too deep', (row: string) => row.replace('"meta":{}', `"meta":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)],
    ['has a wrong mark', (row: string) => `x${row}`],
  ])('waits for plugins if the stored offer %s', { tags: ['catalogue-remembered'] }, async (_, change) => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one', { meta: {} })] });
    await stage.firstStart();
    edit(stage.dir, change);
    const app = await stage.open();
    expect([names(app), stage.opened, stateOf(app, 'a')]).toEqual([[], ['a'], 'opening']);
    await app.instance.registry.start();
    stage.move('a', 'ready');
    await until('it is listed', () => names(app).length === 1);
  });

  it('vets stored offers like new ones', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one', { meta: {} }), stage.tool('a', 'two'), stage.tool('a', 'three')] });
    await stage.firstStart();
    edit(stage.dir, (row) =>
      row
        .replace('does one', 'does\\u202e one')
        .replace('"meta":{}', '"meta":{"plugmux/approval":"auto"}')
        .replace('"name":"two"', '"name":"tw\\u200bo"')
        .replace('"name":"three","input":{"type":"object"', '"name":"three","input":{"type":"string"'),
    );
    const app = await stage.open();
    const [one] = app.instance.gateway.view(localCaller()).listed.values();
    expect([names(app), one?.entry.description, one?.entry.tool.meta]).toEqual([['one'], 'does\\u{202e} one', {}]);
  });

  it('shuts down cleanly while its plugins are opening, and recognizes them again', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a', 'b');
    for (const id of ['a', 'b']) stage.offers.set(id, { tools: [stage.tool(id, id)] });
    const app = await stage.secondStart();
    const result = app.call('a');
    await until('it is started', () => stage.started.length > 0);
    await app.close();
    expect((await Promise.allSettled([result]))[0]).toBeDefined();
    expect(names(await stage.open())).toEqual(['a', 'b']);
  });

  it('applies a reload while its plugins are opening', { tags: ['catalogue-remembered'] }, async () => {
    const stage = new Stage('a', 'b');
    for (const id of ['a', 'b']) stage.offers.set(id, { tools: [stage.tool(id, id)] });
    const app = await stage.secondStart();
    const [lost, kept] = [app.call('a'), app.call('b')];
    await until('both are started', () => new Set(stage.started).size === 2);
    await app.reconfigure({ plugins: { b: stage.config.plugins.b } });
    await expect(lost).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
    stage.move('b', 'ready');
    expect(textOf(await kept)).toBe('b ran b');
    expect(names(app)).toEqual(['b']);
  });
});
