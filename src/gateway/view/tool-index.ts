import { createRequire } from 'node:module';
import type MiniSearch from 'minisearch';
import type { VisibleTool } from './visible-tool.ts';

/** Ranks tools by what they are for. */
export interface ToolIndex {
  /** The best matches first, at most `max`. */
  find(query: string, max: number): Promise<readonly VisibleTool[]>;
}

/** How many tools are read in one go while an index is built. */
const CHUNK = 25;
const FIELDS = ['name', 'title', 'description', 'labels', 'parameters'];

interface Document {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string;
  readonly labels: string;
  readonly parameters: string;
}

/** An index of some tools, built with the first question and never in one go. */
export function createToolIndex(tools: ReadonlyMap<string, VisibleTool>): ToolIndex {
  let built: Promise<MiniSearch<Document>> | undefined;

  const build = async (): Promise<MiniSearch<Document>> => {
    // Loaded here and not above: few profiles search.
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

// Names are words run together: createIssue and create_issue are found by "issue".
function toWords(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, '$1 ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}
