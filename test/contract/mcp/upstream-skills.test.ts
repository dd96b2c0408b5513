import { describe, expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { openApp } from '../../support/app.ts';
import { until } from '../../support/processes.ts';
import { type RawAnswer, rawUpstream, textOf, toolOf } from '../../support/raw-upstream.ts';

const CAPABILITIES = { tools: {}, resources: {}, extensions: { 'io.modelcontextprotocol/skills': {} } };

async function open(list: RawAnswer) {
  const up = await rawUpstream(
    ({ method }) => {
      if (method === 'tools/list') return { tools: [toolOf('a_tool')] };
      if (method === 'tools/call') return textOf('it ran');
      if (method === 'resources/list') return { resources: [] };
      if (method === 'resources/templates/list') return { resourceTemplates: [] };
      return method === 'skills/list' ? list : {};
    },
    { capabilities: CAPABILITIES },
  );
  const app = await openApp([mcp], { mcpServers: { up: { type: 'http', url: up.url, era: 'legacy' } } });
  await app.instance.registry.start();
  await until('the lists have been read', () => app.instance.plugins()[0]?.state === 'ready');
  return app;
}

const digest = `sha256:${'0'.repeat(64)}`;
const entryOf = (name: string, more: object = {}) => ({
  uri: `skill://${name}/SKILL.md`,
  frontmatter: { name, description: 'It works.' },
  resources: [{ uri: `skill://${name}/SKILL.md`, digest, size: 1 }],
  ...more,
});

describe('a bad list of skills does not affect the tools of its server', () => {
  it.each<[string, object, readonly string[], RegExp]>([
    ['an error', { error: { code: -32603, message: 'broke' } }, [], /skills\/list failed: .*broke/],
    ['no list', { skills: { a: 1 } }, [], /skills\/list failed/],
    ['another member', { tools: [] }, [], /skills\/list failed/],
    ['bad entries', { skills: [null, 5, 'x', [], {}, entryOf('fine'), entryOf('Odd')] }, ['fine'], /is not served/],
    ['hidden characters', { skills: [entryOf('a\u200bb'), entryOf('fine')] }, ['fine'], /is not served/],
    [
      'an entry nested 1,000 levels deep',
      { skills: [entryOf('deep', { frontmatter: JSON.parse(`${'{"a":'.repeat(1e3)}1${'}'.repeat(1e3)}`) }), entryOf('fine')] },
      ['fine'],
      /not an object/,
    ],
    ['no skills', { skills: [] }, [], /^$/],
  ])('%s', async (_, list, names, problem) => {
    const app = await open(list);
    const view = app.instance.gateway.view(localCaller());
    expect([...view.skills.byName.keys()]).toEqual(names);
    expect(
      app.instance
        .plugins()[0]
        ?.problems.map(({ message }) => message)
        .join(' '),
    ).toMatch(problem);
    expect(await app.call('a_tool')).toEqual({ content: [{ type: 'text', text: 'it ran' }] });
  });
});
