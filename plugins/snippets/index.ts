import type { EthosPluginApi } from '@ethosagent/plugin-sdk';
import { defineTool, needsApproval } from '@ethosagent/plugin-sdk/tool-helpers';
import { deleteSnippet, findSnippets, getSnippet, saveSnippet } from './snippets.ts';

// All tools share one store for each profile; it outlives the process.
const capabilities = { storage: { scope: 'personality', kind: 'kv' } };
const name = { type: 'string', minLength: 1, maxLength: 80, description: 'Name of the snippet, such as "reminder-unpaid-invoice".' };

const save = defineTool({
  name: 'snippet_save',
  description: 'Save a text under a name, to use it again. Placeholders in double braces, such as {{customer}}, are filled in later.',
  schema: {
    type: 'object',
    required: ['name', 'text'],
    properties: {
      name,
      text: { type: 'string', minLength: 1, maxLength: 100_000 },
      tags: { type: 'array', items: { type: 'string' }, description: 'What kind of text it is.' },
      overwrite: { type: 'boolean', description: 'Replace a snippet of the same name.' },
    },
  },
  toolset: 'snippets',
  capabilities,
  execute: saveSnippet,
});

const get = defineTool({
  name: 'snippet_get',
  description: 'Get a snippet, with its placeholders filled in. Tells which are still open.',
  schema: {
    type: 'object',
    required: ['name'],
    properties: { name, values: { type: 'object', additionalProperties: { type: 'string' }, description: 'Values by placeholder.' } },
  },
  toolset: 'snippets',
  capabilities,
  execute: getSnippet,
});

const find = defineTool({
  name: 'snippet_find',
  description: 'List the snippets whose name, tags or text hold all words of the query; all of them without one.',
  schema: { type: 'object', properties: { query: { type: 'string' } } },
  toolset: 'snippets',
  capabilities,
  execute: findSnippets,
});

const remove = needsApproval(
  defineTool({
    name: 'snippet_delete',
    description: 'Delete a snippet for good.',
    schema: { type: 'object', required: ['name'], properties: { name } },
    toolset: 'snippets',
    capabilities,
    execute: deleteSnippet,
  }),
);

export function activate(api: EthosPluginApi): void {
  for (const tool of [save, get, find, remove]) api.registerTool(tool);
  api.registerInjector({
    id: 'snippets',
    priority: 10,
    inject: async () => ({
      content:
        'The user keeps texts for reuse as snippets. Before writing a mail, a checklist or a template, look with snippet_find whether there is one; offer snippet_save when a text seems worth keeping.',
    }),
  });
  api.registerCommand({
    name: 'use',
    description: 'Write something from a snippet',
    argumentHint: '<name> [what it is for]',
    prompt:
      'Get the snippet "$1" with snippet_get, take its placeholders from what follows, ask for those that stay open, and show the finished text.\n\n$ARGUMENTS',
  });
}
