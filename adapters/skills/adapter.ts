import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { Adapter, Source } from '../../src/core/contract/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { VERSION } from '../../src/core/package.ts';
import { skillFolders } from '../../src/host/skills/skill-folders.ts';
import type { SkillsManifest } from './manifest.ts';
import { homeFolderOf, SKILL_HOSTS, type SkillHost } from './places.ts';

// Folders with one of these belong to the plugin that they describe.
const OTHERS = [
  'manifest.json',
  'gemini-extension.json',
  '.claude-plugin/plugin.json',
  '.codex-plugin/plugin.json',
  '.cursor-plugin/plugin.json',
  '.claude-plugin/marketplace.json',
  '.cursor-plugin/marketplace.json',
  '.agents/plugins/marketplace.json',
  '.gemini-extension-install.json',
];
// Files of many tools, which belong to a plugin only with this text.
const OTHERS_BY_TEXT: readonly (readonly [string, string])[] = [
  ['plugin.json', 'agent-plugins.org/'],
  ['package.json', '"ethos"'],
];

/** Adapter for Agent Skills: a folder of skills, or a single one. */
export const skills: Adapter = {
  kind: 'skills',
  options: {
    from: z
      .enum(SKILL_HOSTS)
      .optional()
      .describe("Skills: the host whose folder of skills in the user's home is served, in place of a path"),
  },
  paths: [],
  selectors: ['from'],

  async read(source) {
    const root = rootOf(source);
    if (root === undefined) return null;
    const folders = existsSync(root) ? skillFolders(root) : [];
    if (folders.length === 0 && source.format !== 'skills' && source.entry.options.from === undefined) return null;
    if (!existsSync(root))
      throw new GatewayError('ENTRY_NOT_FOUND', `The folder of skills ${root} does not exist.`, {
        fix: 'Correct "from", or remove the entry.',
      });
    const id = source.key ?? basename(root);
    const manifest: SkillsManifest = {
      id,
      title: `Skills in ${basename(root)}`,
      version: '',
      adapter: 'skills',
      origin: root,
      // Only the instructions and the folder itself: other files are read when a client asks for them.
      watch: [join(root, 'SKILL.md'), join(root, '*', 'SKILL.md')],
      digest: digestOf(folders, source),
      root,
      ...(source.key === undefined ? { within: root } : {}),
    };
    return [manifest];
  },

  installed: async (around) => (await import('./installed.ts')).installedSkills(around),

  async open(manifest, host, known) {
    const { openSkills } = await import('./open.ts');
    return openSkills(manifest as SkillsManifest, host, known);
  },
};

function rootOf({ key, path, format, entry }: Source): string | undefined {
  const { from } = entry.options;
  if (from !== undefined) return homeFolderOf(from as SkillHost);
  if (!existsSync(path) || !statSync(path).isDirectory()) return undefined;
  return (key !== undefined && format === 'skills') || !isOthers(path) ? path : undefined;
}

function isOthers(path: string): boolean {
  if (OTHERS.some((name) => existsSync(join(path, name)))) return true;
  return OTHERS_BY_TEXT.some(([name, text]) => {
    const file = join(path, name);
    return existsSync(file) && statSync(file).isFile() && readFileSync(file, 'utf8').includes(text);
  });
}

// The time and size of each SKILL.md: reading them all would slow down every start.
function digestOf(folders: readonly string[], { key, entry }: Source): string {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, key !== undefined, entry]));
  for (const folder of folders) {
    const { size, mtimeMs, ino } = statSync(join(folder, 'SKILL.md'));
    hash.update(`${folder}\0${size}\0${mtimeMs}\0${ino}\n`);
  }
  return hash.digest('hex');
}
