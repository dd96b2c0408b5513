import type { EthosPluginApi } from '@ethosagent/plugin-sdk';
import { defineTool, needsApproval } from '@ethosagent/plugin-sdk/tool-helpers';
import { deleteSnippet, findSnippets, getSnippet, saveSnippet } from './snippets.ts';

// All tools share one persistent store per profile.
const capabilities = { storage: { scope: 'personality', kind: 'kv' } };
const name = { type: 'string', minLength: 1, maxLength: 80, description: 'Snippet name, e.g. reminder-unpaid-invoice.' };

const save = defineTool({
  name: 'snippet_save',
  description:
    'Save a reusable text under a name. Mark variable parts as {{placeholder}}; snippet_get fills them in. Fails if the name exists, unless `overwrite` is true.',
  schema: {
    type: 'object',
    required: ['name', 'text'],
    properties: {
      name,
      text: {
        type: 'string',
        minLength: 1,
        maxLength: 100_000,
        description: 'The text, e.g. The invoice is due on {{due}}; at most 100,000 characters.',
      },
      tags: { type: 'array', items: { type: 'string' }, description: 'Tags, e.g. ["mail"]; default: none.' },
      overwrite: { type: 'boolean', description: 'Whether to replace a snippet of the same name; default: false.' },
    },
  },
  toolset: 'snippets',
  capabilities,
  execute: saveSnippet,
});

const get = defineTool({
  name: 'snippet_get',
  description:
    'Get a snippet with its {{placeholders}} replaced by `values`. Placeholders without a value are listed at the end. Find names with snippet_find.',
  schema: {
    type: 'object',
    required: ['name'],
    properties: {
      name,
      values: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Values by placeholder name, e.g. { "due": "1 March" }; default: none.',
      },
    },
  },
  toolset: 'snippets',
  capabilities,
  execute: getSnippet,
});

const find = defineTool({
  name: 'snippet_find',
  description:
    'Search snippets by name, tags and text; every word must match. Returns name, tags, save time and the first 80 characters. Without a query, lists all snippets.',
  schema: {
    type: 'object',
    properties: { query: { type: 'string', description: 'Search words, e.g. invoice reminder; default: all snippets.' } },
  },
  toolset: 'snippets',
  capabilities,
  execute: findSnippets,
});

const remove = needsApproval(
  defineTool({
    name: 'snippet_delete',
    description: "Permanently delete a snippet. Requires the user's approval.",
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
        'The user saves reusable texts as snippets. Before writing a mail, a checklist or a template, search with snippet_find; offer snippet_save for texts worth reusing.',
    }),
  });
  api.registerCommand({
    name: 'use',
    description: 'Write a text from a snippet',
    argumentHint: '<name> [purpose]',
    prompt:
      'Get the snippet "$1" with snippet_get, fill its placeholders from the text below, ask for missing values, and show the finished text.\n\n$ARGUMENTS',
  });
}
