import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Installed, Surroundings } from '../../src/core/contract/installed.ts';
import { skillFolders } from '../../src/host/skills/skill-folders.ts';
import { HOME_FOLDERS, type SkillHost } from './places.ts';

/** The client that reads each folder, where it has another name here. */
const CLIENTS: Readonly<Partial<Record<SkillHost, string>>> = { claude: 'claude-code', gemini: 'gemini-cli', copilot: 'vscode' };

/** The skills in the usual folders of the user's home, of the project and of the machine. */
export function installedSkills({ home, cwd, env, platform }: Surroundings): Installed[] {
  return (Object.entries(HOME_FOLDERS) as [SkillHost, string][]).flatMap(([host, folder]): Installed[] => {
    const client = CLIENTS[host] ?? host;
    const id = `${host}-skills`;
    const moved = host === 'claude' && env.CLAUDE_CONFIG_DIR !== undefined ? join(env.CLAUDE_CONFIG_DIR, 'skills') : undefined;
    const own =
      moved === undefined
        ? skillsIn(join(home, folder), { client, id, keys: { from: host }, selected: true })
        : skillsIn(moved, { client, id, keys: { format: 'skills' } });
    const project = cwd === home ? [] : skillsIn(join(cwd, folder), { client, id: `project-${id}`, keys: { format: 'skills' } });
    const machine =
      host === 'codex' && platform !== 'win32'
        ? skillsIn('/etc/codex/skills', { client, id: `machine-${id}`, keys: { format: 'skills' } })
        : [];
    return [...own, ...project, ...machine];
  });
}

function skillsIn(path: string, rest: Omit<Installed, 'kind' | 'path' | 'names'>): Installed[] {
  try {
    const folders = existsSync(path) ? skillFolders(path) : [];
    return folders.length === 0 ? [] : [{ ...rest, kind: 'skills', path, names: folders.map((folder) => basename(folder)) }];
  } catch {
    // A folder that this user cannot read holds nothing for them.
    return [];
  }
}
