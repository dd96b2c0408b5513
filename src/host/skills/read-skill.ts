import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { Problem } from '../../core/contract/plugin.ts';
import { fileFault } from '../../core/file-fault.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { shorten } from '../../core/text/text.ts';
import { faultOf, isTrue, listOf, MAX_DESCRIPTION, MAX_NAME, type SkillUse, textOf, useOf } from './fields.ts';
import { readFrontMatter } from './front-matter.ts';
import { hasShellText } from './substitute.ts';

/** Instructions for a model have at most some hundred lines; the format recommends 500. */
const MAX_BYTES = 512 * 1024;
/** Clients that list skills cut there. */
const MAX_SHOWN = 1_536;
const IGNORED = ['hooks', 'model', 'effort', 'context', 'agent', 'background', 'paths', 'shell'];

/** A skill as its SKILL.md describes it. */
export interface SkillFacts extends SkillUse {
  readonly name: string;
  /** What it is for and, if its author says so, when to use it. */
  readonly description?: string;
  /** Identical to the file's; absent as in `Skill.frontMatter`. */
  readonly frontMatter?: JsonObject;
  /** All fields as read, repaired ones included. */
  readonly fields: JsonObject;
  readonly forModels: boolean;
  readonly compatibility?: string;
  readonly allowedTools?: string;
  /** The real path of its folder. */
  readonly folder: string;
  /** The name of its folder. */
  readonly folderName: string;
}

/** A skill, or why there is none, and the problems of its SKILL.md with file and line. */
export interface SkillRead {
  readonly skill?: SkillFacts;
  readonly problems: readonly Problem[];
}

/** Reads the SKILL.md of a folder. `shown`: how problems name the folder. Never throws. */
export function readSkill(folder: string, shown: string): SkillRead {
  const problems: Problem[] = [];
  const report = (message: string, line?: number, fix?: string): void => {
    const subject = `${shown}/SKILL.md${line === undefined ? '' : `:${line}`}`;
    problems.push({ code: 'MANIFEST_INVALID', subject, message: `${message}.`, ...(fix === undefined ? {} : { fix }) });
  };
  const read = readText(folder, report);
  if (!read) return { problems };
  const { fields, isExact, repairs, body, bodyLine } = readFrontMatter(read.text);
  for (const { line, message } of repairs) report(message, line, 'Put the value in quotes, or correct the line.');
  const folderName = basename(folder);
  const named = textOf(fields.name);
  const name = named !== undefined && named.length <= MAX_NAME && !hasHidden(named) ? named : folderName;
  if (hasHidden(name)) {
    report('The name of the folder contains invisible characters, so the skill is not served');
    return { problems };
  }
  const described = textOf(fields.description);
  const whenToUse = textOf(fields.when_to_use);
  const description = [described ?? firstLine(body), whenToUse].filter((text) => text !== undefined).join(' ');
  const fault = isExact ? faultOf(fields) : undefined;
  if (fault !== undefined) report(`${fault}, so clients that list skills do not get it; prompts, resources and load_skill have it`);
  const hidden = hiddenLine(read.text);
  if (hidden !== undefined)
    report(
      'The line contains invisible characters. They are escaped for models, and clients that list skills do not get the skill',
      hidden,
    );
  const shell = hasShellText(body) ? body.split('\n').findIndex(hasShellText) : -1;
  if (shell >= 0) report('It contains shell commands that its original host runs; here they stay as text', bodyLine + shell);
  const ignored = IGNORED.filter((key) => Object.hasOwn(fields, key));
  if (ignored.length > 0) report(`These fields have no effect here: ${ignored.join(', ')}`);
  const compatibility = textOf(fields.compatibility);
  const allowedTools = listOf(fields['allowed-tools']);
  const isListable = isExact && fault === undefined && hidden === undefined;
  return {
    problems,
    skill: {
      name,
      ...(description === '' ? {} : { description: shorten(description, MAX_SHOWN) }),
      ...(isListable ? { frontMatter: fields } : {}),
      fields,
      forModels: !isTrue(fields['disable-model-invocation']),
      ...useOf(fields),
      ...(compatibility === undefined ? {} : { compatibility }),
      ...(allowedTools === undefined ? {} : { allowedTools }),
      folder: read.folder,
      folderName,
    },
  };
}

function readText(folder: string, report: (message: string) => void): { readonly text: string; readonly folder: string } | undefined {
  try {
    const real = realpathSync(folder);
    const file = realpathSync(join(folder, 'SKILL.md'));
    const stats = statSync(file);
    if (!file.startsWith(real + sep)) return void report("It is a link to a place outside the skill's folder, so the skill is not served");
    if (!stats.isFile()) return void report('It is not a file, so the skill is not served');
    if (stats.size > MAX_BYTES)
      return void report(`Its ${stats.size} bytes exceed the limit of ${MAX_BYTES} bytes, so the skill is not served`);
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file)), folder: real };
  } catch (error) {
    return void report(`It cannot be read: ${fileFault(error)}, so the skill is not served`);
  }
}

function hiddenLine(text: string): number | undefined {
  const whole = text.replace(/^\ufeff/, '');
  if (!hasHidden(whole)) return undefined;
  const at = whole.split('\n').findIndex((line) => hasHidden(line.replace(/\r$/, '')));
  return at < 0 ? 1 : at + 1;
}

function firstLine(body: string): string | undefined {
  const line = body.split('\n').find((text) => text.trim() !== '');
  return line === undefined ? undefined : shorten(line.replace(/^#+\s*/, '').trim(), MAX_DESCRIPTION);
}
