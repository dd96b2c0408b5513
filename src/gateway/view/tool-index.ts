import { createRequire } from 'node:module';
import type MiniSearch from 'minisearch';
import type { VisibleTool } from './visible-tool.ts';

/** A full-text index of tools. */
export interface ToolIndex {
  /** The best matches first, at most `max`. */
  find(query: string, max: number): Promise<readonly VisibleTool[]>;
}

/** Tools that are indexed at once before other work gets a turn. */
const CHUNK = 25;
const FIELDS = ['name', 'title', 'description', 'labels', 'parameters'];

interface Document {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly labels: string;
  readonly parameters: string;
}

/** An index of tools, built in chunks with the first search. */
export function createToolIndex(tools: ReadonlyMap<string, VisibleTool>): ToolIndex {
  let built: Promise<MiniSearch<Document>> | undefined;

  const build = async (): Promise<MiniSearch<Document>> => {
    // Loaded here and not above, because few profiles use search.
    const Search = createRequire(import.meta.url)('minisearch') as typeof MiniSearch;
    const index = new Search<Document>({ idField: 'name', fields: FIELDS, tokenize: toWords });
    await index.addAllAsync([...tools.values()].map(toDocument), { chunkSize: CHUNK });
    return index;
  };

  return {
    async find(query, max) {
      built ??= build();
      const index = await built;
      const found = index.search(query, {
        boost: { name: 4, title: 2, labels: 2 },
        prefix: (word) => word.length > 2,
        fuzzy: (word) => (word.length > 4 ? 0.2 : false),
      });
      const exact = tools.get(query.trim());
      const ranked = found.flatMap(({ id }) => tools.get(id as string) ?? []).filter((tool) => tool !== exact);
      return (exact ? [exact, ...ranked] : ranked).slice(0, max);
    },
  };
}

function toDocument({ entry, shape }: VisibleTool): Document {
  const { name, description, tool, plugin } = entry;
  return {
    name,
    title: tool.title,
    description,
    labels: [plugin.id, plugin.title ?? '', ...(tool.labels ?? [])].join(' '),
    parameters: Object.keys(shape.input.properties ?? {}).join(' '),
  };
}

// Splits names into words, so that "issue" finds createIssue and create_issue.
function toWords(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, '$1 ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}
