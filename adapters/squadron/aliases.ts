import { emptyOffer, type Offer, type Plugin, type Problem } from '../../src/core/contract/plugin.ts';
import type { Tool } from '../../src/core/contract/tool.ts';
import { ExactNumber } from '../../src/core/json/exact-number.ts';
import { noteExact } from '../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { FaultyBlock, ToolBlock } from './hcl/declarations.ts';
import { evaluate } from './hcl/evaluate.ts';
import { HclError } from './hcl/lexer.ts';
import { HclNumber, type HclValue, isObject, type Scope } from './hcl/values.ts';
import type { SquadronManifest } from './manifests.ts';
import type { SquadronPlugins } from './squadron-plugins.ts';

/** Opens the tools that files declare on top of other plugins' tools. */
export function openAliases(
  manifest: SquadronManifest,
  blocks: readonly (ToolBlock | FaultyBlock)[],
  squadronPlugins: SquadronPlugins,
): Plugin {
  const targets = (): Plugin[] =>
    blocks.flatMap((block) => ('error' in block ? [] : (squadronPlugins.find(block.implements[1] ?? '') ?? [])));
  const settled = (): boolean => targets().every((plugin) => plugin.offer() !== undefined || plugin.state() === 'failed');
  let offer: Offer | undefined;
  let stale = true;
  let listener: () => void = () => undefined;
  const unfollow = squadronPlugins.follow(() => {
    stale = true;
    listener();
  });
  return {
    manifest,
    offer() {
      if (stale && settled()) {
        offer = toOffer(blocks, manifest.notes, squadronPlugins);
        stale = false;
      }
      return offer;
    },
    state: () => (settled() ? 'ready' : 'opening'),
    start: async () => void (await Promise.all(targets().map((plugin) => plugin.start()))),
    onChange(next) {
      listener = next;
    },
    close: async () => unfollow(),
  };
}

function toOffer(blocks: readonly (ToolBlock | FaultyBlock)[], notes: readonly string[], squadronPlugins: SquadronPlugins): Offer {
  const tools: Tool[] = [];
  const problems: Problem[] = notes.map((message) => ({ message }));
  for (const block of blocks) {
    if ('error' in block)
      problems.push({ code: block.error.code, subject: block.name, message: block.error.message, fix: block.error.fix });
    else {
      const target = findTarget(block, squadronPlugins);
      if (typeof target === 'string')
        problems.push({ code: 'TOOL_REFUSED', subject: block.name, message: `The tool "${block.name}" is not offered: ${target}.` });
      else tools.push(toAlias(block, target, squadronPlugins));
    }
  }
  return { ...emptyOffer, tools, problems };
}

function findTarget({ implements: path }: ToolBlock, squadronPlugins: SquadronPlugins): Tool | string {
  const [space, plugin = '', tool = ''] = path;
  const reference = path.join('.');
  if (space !== 'plugins' || path.length !== 3) return `it implements ${reference}, but only tools of plugins are supported`;
  const owner = squadronPlugins.find(plugin);
  if (!owner) return `plugin "${plugin}" does not exist`;
  return owner.offer()?.tools.find(({ name }) => name === tool) ?? `the plugin "${plugin}" has no tool "${tool}" (${owner.state()})`;
}

function toAlias(block: ToolBlock, target: Tool, squadronPlugins: SquadronPlugins): Tool {
  const { name, description, fields, parameters, scope } = block;
  return {
    name,
    native: `tools_${name}`,
    aliases: [`tools.${name}`],
    description: description ?? target.description,
    input: toInput(fields),
    ...(target.output ? { output: target.output, checksOutput: target.checksOutput === true } : {}),
    ...(target.hints ? { hints: target.hints } : {}),
    approval: 'client',
    labels: [`tools.${name}`],
    exactNumbers: true,
    async call(inputs, ctx) {
      const filled = block.at(() =>
        [...parameters].map(([key, expression]): [string, HclValue] => [key, evaluate(expression, withInputs(scope, inputs))]),
      );
      const args = Object.fromEntries(filled.flatMap(([key, value]) => (value === null ? [] : [[key, toJson(value)]])));
      const now = findTarget(block, squadronPlugins);
      return (typeof now === 'string' ? target : now).call(noteExact(args), ctx);
    },
  };
}

function toInput(fields: ToolBlock['fields']): JsonObject {
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = toSchema(field);
    if (isObject(field) && field.required === true) required.push(name);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

function toSchema(field: HclValue): JsonObject {
  if (!isObject(field)) return {};
  const { type, description, inside } = field;
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(inside !== undefined && type === 'array' ? { items: toSchema(inside) } : {}),
    ...(isObject(inside) && type === 'object' && !('type' in inside) ? { properties: toInput(inside).properties as JsonObject } : {}),
  };
}

// Parameters are evaluated for each call, with the caller's inputs.
function withInputs(scope: Scope, inputs: JsonObject): Scope {
  return {
    call: scope.call.bind(scope),
    read(path, place) {
      if (path[0] !== 'inputs') return scope.read(path, place);
      let value: JsonValue | undefined = inputs;
      for (const key of path.slice(1)) {
        if (value === undefined || value === null) break;
        if (!isJsonObject(value)) throw new HclError(`"${path.join('.')}" refers to a member of a value without members`, place);
        value = Object.hasOwn(value, key) ? value[key] : undefined;
      }
      return fromJson(value ?? null);
    },
  };
}

function fromJson(value: JsonValue): HclValue {
  if (typeof value === 'number' || value instanceof ExactNumber) return new HclNumber(String(value));
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
}

/** Converts an HCL value to JSON. */
export function toJson(value: HclValue): JsonValue {
  if (value instanceof HclNumber) return String(Number(value.text)) === value.text ? Number(value.text) : new ExactNumber(value.text);
  if (Array.isArray(value)) return value.map(toJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}
