import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import type { Caller } from '../../../dist/src/core/contract/caller.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import type { ToolResult } from '../../../dist/src/core/contract/content.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { createLists } from '../../../dist/src/mcp/methods/lists.js';
import { keepLog, openApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { notifyAll, type RawUpstream, rawUpstream, toolOf } from '../../support/raw-upstream.ts';

// Two servers with the same resource URIs: each is read from its own server wherever a client finds it.

const VIEW = { ui: { resourceUri: 'ui://rates', visibility: ['model'] }, 'openai/outputTemplate': 'ui://hidden', 'a/b': 'doc://shared' };

const server = (id: string): Promise<RawUpstream> =>
  rawUpstream(
    ({ method, params }) => {
      const link = (uri: string) => ({ type: 'resource_link', uri, name: uri });
      const inside = (uri: string) => ({ type: 'resource', resource: { uri, text: `inside of ${id}` } });
      const uris = ['doc://shared', `doc://${id}`, 'ui://rates', 'file:///x', 'made://1', `plugmux://other/doc://shared`];
      switch (method) {
        case 'tools/list':
          return { tools: [toolOf('make', { _meta: VIEW })] };
        case 'prompts/list':
          return { prompts: [{ name: 'told' }] };
        case 'resources/list':
          return { resources: ['doc://shared', `doc://${id}`, 'ui://rates'].map((uri) => ({ uri, name: uri })) };
        case 'resources/templates/list':
          return { resourceTemplates: [{ uriTemplate: 'file:///{path}', name: 'files' }] };
        case 'tools/call':
          return { content: [...uris.map(link), inside('doc://shared')], _meta: { ui: { resourceUri: 'ui://rates' }, other: 'made://1' } };
        case 'prompts/get':
          return { messages: [{ role: 'user', content: inside('doc://shared') }] };
        case 'resources/read':
          return { contents: [{ uri: params.uri, text: `${params.uri} of ${id}` }], _meta: { 'x/from': id } };
        case 'completion/complete':
          return { completion: { values: [`${(params.ref as { uri: string }).uri} of ${id}`], total: 7, hasMore: true } };
        case 'resources/subscribe':
          return {};
      }
      return undefined;
    },
    { capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {} } },
  );

async function open(): Promise<{ app: TestApp; a: RawUpstream; b: RawUpstream }> {
  const [a, b] = [await server('a'), await server('b')];
  const entry = ({ url }: RawUpstream) => ({ type: 'http', url, era: 'legacy' });
  const app = await openApp([mcp], { mcpServers: { a: entry(a), b: entry(b) } });
  await app.instance.registry.start();
  await until('both are listed', () => app.instance.registry.catalogue().tools.has('b_make'));
  return { app, a, b };
}

const callAs = (caller: Caller): Call => new Call(caller, silentClient(keepLog().log));
const read = (app: TestApp, uri: string, caller: Caller = localCaller()) => app.instance.gateway.readResource(uri, callAs(caller));
const uris = ({ content }: ToolResult): string[] =>
  content.flatMap((block) => (block.type === 'resource_link' ? [block.uri] : block.type === 'resource' ? [block.resource.uri] : []));

describe('a URI that two servers have', { tags: ['addresses-renamed'] }, () => {
  it('is the same in lists, results, prompts and tools, and is read from its own server', async () => {
    const { app } = await open();
    const view = app.instance.gateway.view(localCaller());
    expect([...view.resources.keys()]).toEqual([
      'plugmux://a/doc://shared',
      'doc://a',
      'ui://plugmux/a/rates',
      'plugmux://b/doc://shared',
      'doc://b',
      'ui://plugmux/b/rates',
    ]);
    const listed = JSON.parse(String(createLists(() => true).get(view, 'tools', 'legacy'))) as { tools: { _meta: object }[] };
    expect(listed.tools[1]?._meta).toMatchObject({
      ui: { resourceUri: 'ui://plugmux/b/rates', visibility: ['model'] },
      'openai/outputTemplate': 'ui://plugmux/b/hidden',
      'a/b': 'plugmux://b/doc://shared',
    });
    const made = await app.call('b_make');
    expect(uris(made)).toEqual([
      'plugmux://b/doc://shared',
      'doc://b',
      'ui://plugmux/b/rates',
      'plugmux://b/file:///x',
      'made://1',
      'plugmux://b/plugmux://other/doc://shared',
      'plugmux://b/doc://shared',
    ]);
    expect(made.meta).toEqual({ ui: { resourceUri: 'ui://plugmux/b/rates' }, other: 'made://1' });
    const { messages } = await app.instance.gateway.getPrompt('b_told', {}, callAs(localCaller()));
    expect(messages[0]?.content).toMatchObject({ resource: { uri: 'plugmux://b/doc://shared' } });
    for (const uri of [...uris(made), 'ui://plugmux/b/hidden']) {
      const { contents, meta } = await read(app, uri);
      expect(contents).toMatchObject([{ uri, text: expect.stringContaining(' of b') }]);
      expect(meta).toEqual({ 'x/from': 'b' });
    }
    expect((await read(app, 'plugmux://a/doc://shared')).contents[0]?.text).toBe('doc://shared of a');
  });

  it('is completed and subscribed at its server', async () => {
    const { app, a, b } = await open();
    const template = app.instance.gateway.view(localCaller()).templates.get('plugmux://b/file:///{path}');
    expect(await template?.resource.complete?.('path', '', {})).toEqual({ values: ['file:///{path} of b'], total: 7, hasMore: true });
    const told: string[] = [];
    app.instance.gateway.onUpdated((address) => told.push(address));
    const end = app.instance.gateway.subscribe('plugmux://b/doc://shared', localCaller());
    await until('it is watched', () => b.count('resources/subscribe') === 1 && b.streams.size === 1);
    expect(a.count('resources/subscribe')).toBe(0);
    notifyAll(b, 'notifications/resources/updated', { uri: 'doc://shared' });
    await until('its change is told', () => told.includes('plugmux://b/doc://shared'));
    end?.();
  });
});

describe('a URI that no list contains', { tags: ['addresses-handed-out'] }, () => {
  const other: Caller = { principal: 'other', profile: 'default', scopes: [] };

  it('is read from the server that returned it, by the caller that got it', async () => {
    const { app } = await open();
    await expect(read(app, 'made://1')).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    expect(uris(await app.call('a_make'))).toContain('made://1');
    expect((await read(app, 'made://1')).contents[0]?.text).toBe('made://1 of a');
    await expect(read(app, 'made://1', other)).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
    // The next server that returns the same URI gets a renamed one.
    expect(uris(await app.call('b_make'))).toContain('plugmux://b/made://1');
    expect((await read(app, 'made://1')).contents[0]?.text).toBe('made://1 of a');
    expect((await read(app, 'plugmux://b/made://1')).contents[0]?.text).toBe('made://1 of b');
    expect(uris(await app.call('b_make', {}, callAs(other)))).toContain('made://1');
    expect((await read(app, 'made://1', other)).contents[0]?.text).toBe('made://1 of b');
  });

  it('is dropped with its caller', async () => {
    const { app } = await open();
    await app.call('a_make');
    app.instance.gateway.forget(({ principal }) => principal === localCaller().principal);
    await expect(read(app, 'made://1')).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  });

  it('can be subscribed', async () => {
    const { app, a } = await open();
    await app.call('a_make');
    expect(app.instance.gateway.subscribe('made://1', other)).toBeUndefined();
    expect(app.instance.gateway.subscribe('made://1', localCaller())).toBeTypeOf('function');
    await until('it is watched', () => a.count('resources/subscribe') === 1);
  });
});
