import { relative, sep } from 'node:path';
import type { Host } from '../../../src/core/contract/host.ts';
import { emptyOffer, type Offer, type Problem } from '../../../src/core/contract/plugin.ts';
import type { Prompt } from '../../../src/core/contract/prompt.ts';
import type { Resource } from '../../../src/core/contract/resource.ts';
import { escapeHidden } from '../../../src/core/text/hidden.ts';
import { readFrontMatter } from '../../../src/host/skills/front-matter.ts';
import { textOf } from '../dialects/texts.ts';
import { type Folder, shown } from '../folder.ts';
import type { Declared, TextFile } from '../format.ts';
import { readText } from '../read/json-file.ts';
import { markdownPrompt } from './markdown-prompt.ts';
import { withOptions } from './options.ts';
import { textPlaces } from './prompt-text.ts';
import { tomlPrompt } from './toml-prompt.ts';

/** Context files are meant for a window of their own host; more would crowd out the tools. */
const MAX_CONTEXT_CHARS = 32 * 1024;

/** What the texts of a folder offer: prompts, instructions, resources and skills. A text that cannot be read costs only itself. */
export async function buildOffer(declared: Declared, folder: Folder, id: string, host: Host): Promise<Offer> {
  const problems: Problem[] = [];
  const prompts: Prompt[] = [];
  const resources: Resource[] = [];
  const skills = await skillsOf(declared, folder, id, host, problems);
  // A skill and a command are the same to Claude Code, and the skill wins.
  const names = new Set((skills.prompts ?? []).map(({ name }) => name));
  for (const one of declared.texts) {
    try {
      if (one.kind === 'rule') {
        resources.push(ruleResource(one, folder, id));
        continue;
      }
      const prompt = one.kind === 'toml' ? tomlPrompt(one, folder, id, problems) : markdownPrompt(one, declared, folder, id, problems);
      if (!prompt || names.has(prompt.name)) continue;
      names.add(prompt.name);
      prompts.push(prompt);
    } catch (error) {
      const place = one.file === undefined ? one.name : shown(folder, one.file);
      problems.push({ code: 'MANIFEST_INVALID', subject: place, message: (error as Error).message });
    }
  }
  for (const [i, text] of declared.starters.entries()) prompts.push(starter(text, i + 1, id));
  const instructions = instructionsOf(declared, folder, problems);
  return {
    ...emptyOffer,
    ...skills,
    prompts: [...prompts, ...(skills.prompts ?? [])],
    resources,
    ...(instructions === '' ? {} : { instructions }),
    problems,
    facts: declared.facts,
  };
}

async function skillsOf(
  declared: Declared,
  folder: Folder,
  id: string,
  host: Host,
  problems: Problem[],
): Promise<Partial<Pick<Offer, 'skills' | 'prompts'>>> {
  const { skills, format } = declared;
  if (skills.length === 0) return {};
  const [{ readSkills }, { toSkillOffer }] = await Promise.all([
    import('../../../src/host/skills/read-skills.ts'),
    import('../../../src/host/skills/skill-offer.ts'),
  ]);
  const read = readSkills(skills.map((root) => ({ root, within: folder.root, shown: shown(folder, root) })));
  problems.push(...read.problems);
  // The standard wants skills that do not conform to be skipped; the other hosts are lenient.
  const served =
    format === 'agent-plugin'
      ? read.skills.filter(({ frontMatter, name, folderName }) => frontMatter !== undefined && name === folderName)
      : read.skills;
  for (const { folderName } of read.skills.filter((skill) => !served.includes(skill)))
    problems.push({
      code: 'MANIFEST_INVALID',
      subject: folderName,
      message: `The skill "${folderName}" does not conform to the format of skills, so the Agent Plugins standard wants it skipped.`,
      fix: 'Correct what is reported of its SKILL.md, or name another "format" in the entry of the plugin.',
    });
  return toSkillOffer(served, {
    pluginId: id,
    maxBytes: () => host.limits.resultBytes,
    prepare(body, ctx) {
      const { text, options } = withOptions(body, declared, folder);
      return { text, variables: { ...textPlaces(folder, text, ctx), ...options } };
    },
  });
}

function ruleResource({ name, file = '' }: TextFile, folder: Folder, id: string): Resource {
  const raw = readText(folder.root, file);
  const description = textOf(readFrontMatter(raw).fields.description);
  const uri = `plugin://${encodeURIComponent(id)}/rules/${name.split('/').map(encodeURIComponent).join('/')}`;
  return {
    uri,
    name: `${id} rule ${name}`,
    ...(description === undefined ? {} : { description }),
    mimeType: 'text/markdown',
    size: Buffer.byteLength(raw),
    read: async () => [{ uri, mimeType: 'text/markdown', text: readText(folder.root, file) }],
  };
}

function starter(text: string, number: number, id: string): Prompt {
  const description = text.length > 100 ? `${text.slice(0, 99)}…` : text;
  return {
    name: `${id}_starter_${number}`,
    title: `${id}: starter ${number}`,
    description,
    get: async () => ({ description, messages: [{ role: 'user', content: { type: 'text', text: escapeHidden(text) } }] }),
  };
}

function instructionsOf({ context }: Declared, folder: Folder, problems: Problem[]): string {
  const parts = context.map((file) => {
    const name = relative(folder.root, file).split(sep).join('/');
    try {
      return `From ${name}:\n\n${readText(folder.root, file)
        .replace(/^\ufeff/, '')
        .trim()}`;
    } catch (error) {
      problems.push({ code: 'MANIFEST_INVALID', subject: name, message: (error as Error).message });
      return '';
    }
  });
  const text = parts.filter((part) => part !== '').join('\n\n');
  if (text.length <= MAX_CONTEXT_CHARS) return text;
  problems.push({
    subject: 'context',
    message: `Its context files have ${text.length} characters; clients get the first ${MAX_CONTEXT_CHARS}.`,
  });
  return `${text.slice(0, MAX_CONTEXT_CHARS)}\n…`;
}
