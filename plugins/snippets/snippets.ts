import { err, ok } from '@ethosagent/plugin-sdk/tool-helpers';
import type { KeyValueStore, ToolContext, ToolResult } from '@ethosagent/types';

interface Snippet {
  readonly text: string;
  readonly tags: readonly string[];
  readonly saved: string;
}

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;

export async function saveSnippet(
  args: { name: string; text: string; tags?: string[]; overwrite?: boolean },
  ctx: ToolContext,
): Promise<ToolResult> {
  const store = storeOf(ctx);
  const key = args.name.trim();
  if (key === '') return err('The name is blank.', 'input_invalid');
  if (args.overwrite !== true && (await store.get(key)) !== null) {
    return err(`The snippet "${key}" already exists. Choose another name, or set overwrite.`, 'input_invalid');
  }
  const snippet: Snippet = { text: args.text, tags: args.tags ?? [], saved: new Date().toISOString() };
  await store.set(key, JSON.stringify(snippet));
  const open = placeholders(args.text);
  return ok(`Saved "${key}"${open.length > 0 ? `, with ${open.join(', ')} to fill in` : ''}.`);
}

export async function getSnippet(
  { name, values = {} }: { name: string; values?: Record<string, string> },
  ctx: ToolContext,
): Promise<ToolResult> {
  const snippet = await read(storeOf(ctx), name.trim());
  if (!snippet) return err(`Snippet "${name}" does not exist. Use snippet_find to list all snippets.`, 'input_invalid');
  const text = snippet.text.replace(PLACEHOLDER, (whole, key: string) => (Object.hasOwn(values, key) ? (values[key] as string) : whole));
  const open = placeholders(text);
  return ok(open.length > 0 ? `${text}\n\n(without value: ${open.join(', ')})` : text);
}

export async function findSnippets({ query = '' }: { query?: string }, ctx: ToolContext): Promise<ToolResult> {
  const store = storeOf(ctx);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: { name: string; tags: readonly string[]; saved: string; begins: string }[] = [];
  for (const name of await store.list('')) {
    const snippet = await read(store, name);
    if (!snippet) continue;
    const all = [name, ...snippet.tags, snippet.text].join('\n').toLowerCase();
    if (words.every((word) => all.includes(word)))
      found.push({ name, tags: snippet.tags, saved: snippet.saved, begins: snippet.text.slice(0, 80) });
  }
  return { ...ok(JSON.stringify(found)), structured: { snippets: found } };
}

export async function deleteSnippet({ name }: { name: string }, ctx: ToolContext): Promise<ToolResult> {
  const store = storeOf(ctx);
  if ((await store.get(name.trim())) === null) return err(`Snippet "${name}" does not exist.`, 'input_invalid');
  await store.delete(name.trim());
  return ok(`Deleted "${name.trim()}".`);
}

async function read(store: KeyValueStore, name: string): Promise<Snippet | undefined> {
  const text = await store.get(name);
  return text === null ? undefined : (JSON.parse(text) as Snippet);
}

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, key]) => key as string))];
}

function storeOf(ctx: ToolContext): KeyValueStore {
  if (!ctx.kvStore) throw new Error('The host provides no store.');
  return ctx.kvStore;
}
