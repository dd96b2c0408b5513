import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../dist/src/core/errors.js';
import { textOf } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { names, Stage, stateOf } from '../../support/stage.ts';

const broken = () => new GatewayError('DEPENDENCY_MISSING', 'It needs a package.');

describe('a first list on a later start', { tags: ['catalogue-remembered'] }, () => {
  it('does not wait for a plugin that has never loaded, and sends a notification once it has', async () => {
    const stage = new Stage('a', 'b');
    for (const id of ['a', 'b']) stage.offers.set(id, { tools: [stage.tool(id, id)] });
    await stage.firstStart(stage.configOf('a'));
    const opened = await stage.open();
    const app = opened.instance;
    expect([app.gateway.introduced(), app.gateway.whenListed(), names(opened)]).toEqual([undefined, undefined, ['a']]);
    await app.registry.start();
    let changes = 0;
    app.gateway.onChange(() => changes++);
    stage.move('b', 'ready');
    await until('it is listed', () => names(opened).join() === 'a,b');
    expect(changes).toBeGreaterThan(0);
  });

  it('does not wait for a plugin that failed in its last attempt, even if its source has changed since', async () => {
    const stage = new Stage('a', 'b');
    for (const id of ['a', 'b']) stage.offers.set(id, { tools: [stage.tool(id, id)] });
    const first = await stage.open();
    await first.instance.registry.start();
    stage.move('a', 'ready');
    stage.move('b', 'restarting', broken());
    await until('both have come that far', () => names(first).join() === 'a');
    await first.close();
    stage.digests.set('b', 'edited');
    const second = await stage.open();
    expect([second.instance.gateway.whenListed(), names(second)]).toEqual([undefined, ['a']]);
  });

  it.each([
    ['whose source has changed', (stage: Stage) => void stage.digests.set('b', 'edited')],
    ['whose offer is not stored because it depends on a login', () => undefined],
  ])('waits for a plugin that loaded then and %s; the reply to initialize does not', async (_, change) => {
    const stage = new Stage('a', 'b');
    stage.offers.set('a', { tools: [stage.tool('a', 'a')] });
    stage.offers.set('b', { tools: [stage.tool('b', 'b')], personal: true });
    await stage.firstStart();
    change(stage);
    const app = await stage.open();
    expect(app.instance.gateway.introduced()).toBeUndefined();
    const listed = app.instance.gateway.whenListed();
    await until('it is started', () => stage.started.includes('b'));
    expect(names(app)).toEqual(['a']);
    stage.move('b', 'ready');
    await listed;
    expect([names(app), stateOf(app, 'a')]).toEqual([['a', 'b'], 'opening']);
  });

  it('waits for a plugin that was still opening when the last run ended', async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'a')] });
    const first = await stage.open();
    await first.instance.registry.start();
    await first.close();
    const second = await stage.open();
    expect(second.instance.gateway.introduced()).toBeInstanceOf(Promise);
  });

  it('recognizes a plugin that was still opening in the run between', async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'a')] });
    await stage.firstStart();
    const between = await stage.open();
    await between.instance.registry.start();
    await between.close();
    expect(names(await stage.open())).toEqual(['a']);
  });
});

describe('a tool of a plugin that loaded at the last start and fails now', { tags: ['catalogue-remembered'] }, () => {
  it('returns the cause after it has left the list, until it is back or the rules change', async () => {
    const stage = new Stage('a');
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    const app = await stage.secondStart();
    expect(names(app)).toEqual(['one']);
    await app.instance.registry.start();
    stage.move('a', 'failed', broken());
    await until('it has left', () => names(app).length === 0);
    const cause = { code: 'PLUGIN_UNAVAILABLE', message: expect.stringContaining('It needs a package') };
    for (const _ of ['at once', 'again']) expect((await app.call('one')).meta?.['plugmux/error']).toMatchObject(cause);
    await expect(app.call('two')).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
    stage.move('a', 'ready');
    await until('it is back', () => names(app).length === 1);
    expect(textOf(await app.call('one'))).toBe('a ran one');
    stage.move('a', 'failed', broken());
    await until('it has left again', () => names(app).length === 0);
    await app.reconfigure({ plugins: { a: { path: stage.dir, approval: 'deny' } } });
    await expect(app.call('one')).rejects.toMatchObject({ code: 'UNKNOWN_TOOL' });
  });
});

describe('a plugin with middleware that opens too late', { tags: ['catalogue-remembered'] }, () => {
  it.each([
    ['deny', 'DENIED'],
    ['allow', undefined],
  ])('is treated by its own onError: %s', async (onError, code) => {
    const stage = new Stage('a', 'filter');
    const config = { ...stage.config, limits: { firstListMs: 50 } };
    stage.offers.set('a', { tools: [stage.tool('a', 'one')] });
    stage.offers.set('filter', { middleware: { onError, guard: async () => undefined } });
    const app = await stage.secondStart(config);
    const result = app.call('one');
    await until('its plugin is started', () => stage.started.includes('a'));
    stage.move('a', 'ready');
    expect(((await result).meta?.['plugmux/error'] as { code: string } | undefined)?.code).toBe(code);
    expect(stage.calls).toEqual(code === undefined ? ['one'] : []);
  });
});
