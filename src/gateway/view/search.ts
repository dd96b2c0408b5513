import type { Tool } from '../../core/contract/tool.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { maskProse } from '../../core/secrets/mask-prose.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { toAnnotations } from './annotations.ts';
import { toOwnEntry } from './own-tools.ts';
import { createToolIndex } from './tool-index.ts';
import type { ToolRules, VisibleTool } from './visible-tool.ts';

/** Two tools that replace a long list of tools. */
export interface ToolSearch {
  /** The two tools that clients list. */
  readonly listed: ReadonlyMap<string, VisibleTool>;
  /** The tool and arguments in a call of `call_tool`; undefined for other calls. */
  resolve(name: string, args: JsonObject): { readonly tool: VisibleTool; readonly args: JsonObject } | undefined;
}

/** The first instructions in profiles with search. */
export const SEARCH_INSTRUCTIONS =
  'Find the tool for a task with find_tools, then run it with call_tool, with its name and arguments that match its input schema.';

const FIND = 'find_tools';
const CALL = 'call_tool';
const USUAL = 8;
const MAX_ENTRIES = 50;

/**
 * The search over the tools of a view; `complete` adds the common rules to the two tools, `causeOf` says why a tool is withheld.
 * `redact` masks secrets in what it finds, as in a list of tools.
 */
export function createToolSearch(
  tools: ReadonlyMap<string, VisibleTool>,
  complete: (own: Pick<ToolRules, 'entry' | 'approval'>) => VisibleTool,
  causeOf: (name: string) => GatewayError | undefined,
  redact: (text: string) => string = (text) => text,
): ToolSearch {
  const index = createToolIndex(tools);

  const find: Tool = {
    name: FIND,
    title: 'Find tools',
    description: `Search the ${tools.size} available tools by task or name. Returns the best matches with their input schemas. Run one with ${CALL}.`,
    input: {
      type: 'object',
      properties: {
        query: {
          type: 'string',
          minLength: 1,
          maxLength: 500,
          description: 'What the tool should do, in a few words, or its name, e.g. search notes',
        },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: MAX_ENTRIES,
          description: `Maximum number of tools to return, at most ${MAX_ENTRIES}; default: ${USUAL}`,
        },
      },
      required: ['query'],
      additionalProperties: false,
    },
    hints: { readOnly: true, idempotent: true, openWorld: false },
    approval: 'auto',
    call: async ({ query, limit }) => {
      const found = await index.find(query as string, (limit as number | undefined) ?? USUAL);
      const structured = { tools: maskProse(found.map(describe), redact), total: tools.size };
      return { content: [{ type: 'text', text: toJsonText(structured) }], structured };
    },
  };

  const run: Tool = {
    name: CALL,
    title: 'Call a tool',
    description: `Call a tool by the name returned by ${FIND}. The tool's own permissions and approvals apply.`,
    input: {
      type: 'object',
      properties: {
        name: { type: 'string', description: `Tool name from ${FIND}` },
        arguments: { type: 'object', description: "Arguments that match the tool's input schema; default: none" },
      },
      required: ['name'],
      additionalProperties: false,
    },
    approval: 'client',
    // Only reached for unknown tools; otherwise `resolve` redirects the call.
    call: async ({ name }) => {
      const cause = causeOf(String(name));
      if (cause) throw cause;
      throw new GatewayError('UNKNOWN_TOOL', `Unknown tool: ${name}.${didYouMean(String(name), tools.keys())} Search with ${FIND}.`);
    },
  };

  const entries = [find, run].map((tool) => toOwnEntry(tool));
  const running = entries[1] as ToolEntry;
  return {
    listed: new Map(entries.map((entry) => [entry.name, complete({ entry, approval: entry.tool.approval })])),
    resolve(name, given) {
      if (name !== CALL) return undefined;
      const sent = typeof given.arguments === 'string' ? (running.checker.convert(given) ?? given) : given;
      const { name: wanted, arguments: args = {}, ...more } = sent;
      if (typeof wanted !== 'string' || !isJsonObject(args) || Object.keys(more).length > 0) return undefined;
      const tool = tools.get(wanted);
      return tool && { tool, args };
    },
  };
}

function describe({ entry, approval, hints, shape }: VisibleTool): JsonObject {
  const { name, description, tool, plugin } = entry;
  const annotations = toAnnotations(hints, approval);
  return {
    name,
    ...(tool.title === undefined ? {} : { title: tool.title }),
    description,
    inputSchema: shape.input,
    ...(annotations ? { annotations: JSON.parse(JSON.stringify(annotations)) as JsonObject } : {}),
    plugin: plugin.id,
  };
}
