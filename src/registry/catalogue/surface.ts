import { hash } from 'node:crypto';
import type { Prompt } from '../../core/contract/prompt.ts';
import type { Skill } from '../../core/contract/skill.ts';
import type { Tool } from '../../core/contract/tool.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject } from '../../core/json/json.ts';

/** Everything that a model sees of a tool. */
export interface ShownTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly tool: Pick<Tool, 'title' | 'output' | 'hints'>;
}

/** A short hash over everything a model sees of a tool. */
export function surfaceOf({ name, description, input, tool }: ShownTool): string {
  return shortHash([name, tool.title, description, input, tool.output, tool.hints]);
}

/** A short hash over everything a client sees of a prompt before it fetches it. */
export function promptSurface({
  name,
  title,
  description,
  arguments: args,
}: Pick<Prompt, 'name' | 'title' | 'description' | 'arguments'>): string {
  return shortHash([name, title, description, args]);
}

/** Everything that clients and models see of a skill before they load it. */
export type ShownSkill = Pick<Skill, 'name' | 'description' | 'compatibility' | 'forModels' | 'frontMatter'>;

/** A short hash over everything that clients and models see of a skill before they load it. */
export function skillSurface({ name, description, compatibility, forModels, frontMatter }: ShownSkill): string {
  return shortHash([name, description, compatibility, forModels, frontMatter]);
}

/** A short hash over instructions. `composed`: the plugin's code generates them at each read, so only that fact can be compared. */
export function instructionsSurface(text: string, composed: boolean): string {
  return shortHash([text, composed]);
}

function shortHash(value: unknown): string {
  return hash('sha256', toJsonText(value)).slice(0, 16);
}
