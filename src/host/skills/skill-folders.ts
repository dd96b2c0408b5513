import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// Apart from what reads a SKILL.md, because a start that recognises folders must not load a parser for YAML.

/** The folders of the skills in a place: the root itself, or its direct subfolders that hold a SKILL.md. Sorted by name. */
export function skillFolders(root: string): string[] {
  if (existsSync(join(root, 'SKILL.md'))) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((item) => (item.isDirectory() || item.isSymbolicLink()) && item.name !== '.git' && item.name !== 'node_modules')
    .map(({ name }) => join(root, name))
    .filter((folder) => existsSync(join(folder, 'SKILL.md')))
    .sort();
}
