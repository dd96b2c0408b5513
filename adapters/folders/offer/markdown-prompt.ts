import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Prompt, PromptArgument } from '../../../src/core/contract/prompt.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { readFrontMatter } from '../../../src/host/skills/front-matter.ts';
import { hasShellText, substitute } from '../../../src/host/skills/substitute.ts';
import { textOf } from '../dialects/texts.ts';
import { type Folder, shown } from '../folder.ts';
import type { Declared, TextFile } from '../format.ts';
import { readText } from '../read/json-file.ts';
import { withOptions } from './options.ts';
import { includedFile, textPlaces, toResult } from './prompt-text.ts';

const ATTACHED = /(^|\s)@(?:\{([^{}\n]+)\}|\$\{CLAUDE_PLUGIN_ROOT\}\/([^\s"'`),;]+))/g;
/** The prompt of a command or agent in Markdown. Its file is read again for each use. */
export function markdownPrompt(one: TextFile, declared: Declared, folder: Folder, id: string, problems: Problem[]): Prompt {
  const { fields, repairs, body, bodyLine } = parse(one, folder);
  const isAgent = one.kind === 'agent';
  const file = one.file === undefined ? one.name : shown(folder, one.file);
  // A file without front matter is complete.
  for (const { line, message } of fields === NONE ? [] : repairs)
    problems.push({
      code: 'MANIFEST_INVALID',
      subject: `${file}:${line}`,
      message: `${message}.`,
      fix: 'Put the value in quotes, or correct the line.',
    });
  const shell = shellLine(body);
  if (shell !== undefined)
    problems.push({
      subject: `${file}:${bodyLine + shell}`,
      message: 'The command runs shell text at its own host. Here it stays text: the client must run it.',
    });
  const description = textOf(fields.description) ?? one.description;
  const names = isAgent ? [] : namesOf(fields.arguments);
  const hint = hintOf(fields['argument-hint']) ?? one.hint;
  const args: PromptArgument[] =
    names.length > 0
      ? names.map((name) => ({ name }))
      : isAgent && !/\$ARGUMENTS|\$\d/.test(body)
        ? []
        : [{ name: 'arguments', ...(hint === undefined ? {} : { description: hint }) }];
  const meta: JsonObject = isAgent ? toolsOf(fields.tools) : {};
  const name = one.name.replaceAll('/', ':');
  return {
    name: isAgent ? `${id}_agent_${name}` : `${id}_${name}`,
    title: isAgent ? `${id}: agent ${name}` : `${id}: ${name}`,
    ...(description === undefined ? {} : { description }),
    ...(args.length > 0 ? { arguments: args } : {}),
    ...(Object.keys(meta).length > 0 ? { meta } : {}),
    async get(given, ctx) {
      const text = parse(one, folder).body;
      const notes = hasShellText(text) ? ['commands marked with "!" were not run.'] : [];
      const files: string[] = [];
      // Before the arguments are filled in: they never name a file.
      for (const [, , braced, below] of text.matchAll(ATTACHED)) {
        const found = includedFile(braced ?? below ?? '', folder, files.length);
        if ('file' in found) files.push(found.file);
        else notes.push(found.note);
      }
      const { text: prepared, options } = withOptions(text, declared, folder);
      const typed = names.length === 0 ? (given.arguments ?? '') : names.map((each) => quoted(given[each] ?? '')).join(' ');
      const filled = substitute(prepared, typed.replace(/(?: "")+$/, ''), {
        names,
        variables: { ...textPlaces(folder, prepared, ctx), ...options },
      });
      return toResult({ text: filled.trim(), files, notes }, folder, id, description);
    },
  };
}

const NONE: JsonObject = {};

function parse({ file, text }: TextFile, { root }: Folder) {
  const raw = text ?? (file === undefined ? '' : readText(root, file));
  if (/^\ufeff?---\r?\n/.test(raw)) return readFrontMatter(raw);
  return { fields: NONE, repairs: [], body: raw.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'), bodyLine: 1 };
}

function shellLine(body: string): number | undefined {
  if (!hasShellText(body)) return undefined;
  const line = body.split('\n').findIndex((text) => hasShellText(text));
  return Math.max(line, 0);
}

// A list, or names with blanks or commas between them.
function namesOf(value: JsonValue | undefined): string[] {
  const list = Array.isArray(value)
    ? value.map((item) => (typeof item === 'object' && item !== null && 'name' in item ? item.name : item))
    : String(value ?? '').split(/[\s,]+/);
  return list.filter((name): name is string => typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name));
}

// YAML reads the usual form `[file] [title]` as a list.
function hintOf(value: JsonValue | undefined): string | undefined {
  return Array.isArray(value) ? textOf(value.map((item) => `[${String(item)}]`).join(' ')) : textOf(value);
}

function toolsOf(tools: JsonValue | undefined): JsonObject {
  const list = Array.isArray(tools) ? tools.map(String) : textOf(tools)?.split(/\s*,\s*/);
  return list && list.length > 0 ? { 'plugmux/agentTools': list } : {};
}

function quoted(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}
