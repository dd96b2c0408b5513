import { describe, expect, it } from 'vitest';
import { createToolIndex } from '../../../src/gateway/view/tool-index.ts';
import type { VisibleTool } from '../../../src/gateway/view/visible-tool.ts';

const TOOLS: readonly [name: string, description: string, parameters?: string[], labels?: string[]][] = [
  ['createIssue', 'Opens a ticket in a repository', ['title', 'body']],
  ['issue_close', 'Closes a ticket'],
  ['notes_search', 'Finds notes by their text', ['query'], ['category:office']],
  ['notes_write', 'Writes a note', ['path', 'text'], ['category:office']],
  ['resize_image', 'Changes width and height of a picture', ['width', 'height']],
  ['wetter', 'Sagt das Wetter für einen Ort voraus', ['Ort']],
];
const tools = new Map(
  TOOLS.map(([name, description, parameters = [], labels = []]) => [
    name,
    {
      entry: { name, description, plugin: { id: 'p' }, tool: { labels } },
      shape: { input: { properties: Object.fromEntries(parameters.map((key) => [key, {}])) } },
    } as unknown as VisibleTool,
  ]),
);
const find = async (query: string, most = 3) => (await createToolIndex(tools).find(query, most)).map(({ entry }) => entry.name);

describe('createToolIndex', () => {
  it.each([
    ['notes_write', 'notes_write'],
    ['create an issue', 'createIssue'],
    ['close issue', 'issue_close'],
    ['make a picture smaller', 'resize_image'],
    ['search my notes', 'notes_search'],
    ['imge resize', 'resize_image'],
    ['heigth of an image', 'resize_image'],
    ['voraus', 'wetter'],
    ['für', 'wetter'],
  ])('finds the right tool for %j', async (query, name) => {
    expect((await find(query))[0]).toBe(name);
  });

  it('finds by label and by parameter', async () => {
    expect((await find('office')).sort()).toEqual(['notes_search', 'notes_write']);
    expect(await find('body')).toEqual(['createIssue']);
  });

  it('returns at most the requested number, and nothing without a match', async () => {
    expect(await find('notes', 1)).toHaveLength(1);
    expect(await find('quantum')).toEqual([]);
    expect(await find('  ')).toEqual([]);
  });
});
