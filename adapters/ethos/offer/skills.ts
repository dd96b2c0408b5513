import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { basename } from 'node:path';
import type { Prompt } from '../../../src/core/contract/prompt.ts';
import type { Skill } from '../../../src/core/contract/skill.ts';
import { escapeHidden } from '../../../src/core/text/hidden.ts';
import { skillAddress, skillPrompt } from '../../../src/host/skills/skill.ts';
import { openFiles, type SkillFiles, toContents, tooLarge } from '../../../src/host/skills/skill-files.ts';
import type { EthosSkill } from '../read/skills.ts';

const SKILL_FILE = 'SKILL.md';

/** The skills of a plugin. `maxBytes`: most bytes of a file that is read. */
export function toSkills(pluginId: string, skills: readonly EthosSkill[], maxBytes: () => number): Skill[] {
  return skills.map((skill) => toSkill(pluginId, skill, maxBytes));
}

/** The prompts with which users start skills. */
export function skillPrompts(pluginId: string, skills: readonly Skill[]): Prompt[] {
  return skills.flatMap((skill) => skillPrompt(pluginId, { forUsers: true, argumentNames: [] }, skill) ?? []);
}

function toSkill(pluginId: string, skill: EthosSkill, maxBytes: () => number): Skill {
  const { name, description, requiredTools, tags, text, frontMatter, file, folder } = skill;
  const files = folder === undefined ? openFile(file) : openFiles(folder);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    address: skillAddress(pluginId, name),
    ...(frontMatter === undefined ? {} : { frontMatter }),
    forModels: true,
    ...(requiredTools.length === 0 ? {} : { requires: requiredTools }),
    ...(tags.length === 0 ? {} : { meta: { tags: [...tags] } }),
    at: basename(folder ?? file),
    files: () => files.list(),
    excess: files.excess,
    list: (path) => files.children(path),
    // The address of the folder was that of the text, and clients may have stored it. Remove after the next release.
    read: async (path) => (path === '' ? { mimeType: 'text/markdown', text: escapeHidden(text) } : files.read(path, maxBytes())),
    // The format has no places for arguments.
    load: async (args) => escapeHidden(args.trim() === '' ? text : `${text}\n\nARGUMENTS: ${args}`),
  };
}

/** A skill of a single file, which clients get as its SKILL.md. */
function openFile(file: string): SkillFiles {
  return {
    // The format limits the file.
    excess: async () => undefined,
    async list() {
      const bytes = await fs.readFile(file);
      return [{ path: SKILL_FILE, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length }];
    },
    async children(path) {
      return path === '' ? [{ path: SKILL_FILE, kind: 'file', size: (await fs.stat(file)).size }] : null;
    },
    async read(path, maxBytes) {
      if (path !== SKILL_FILE) return null;
      const { size } = await fs.stat(file);
      if (size > maxBytes) throw tooLarge(path, size, maxBytes);
      return toContents(path, await fs.readFile(file));
    },
  };
}
