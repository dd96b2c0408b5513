import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the home in which each host keeps its user's skills. */
export const HOME_FOLDERS = {
  agents: '.agents/skills',
  claude: '.claude/skills',
  codex: '.codex/skills',
  copilot: '.copilot/skills',
  cursor: '.cursor/skills',
  gemini: '.gemini/skills',
  goose: '.config/agents/skills',
  opencode: '.config/opencode/skills',
} as const;

/** A host by whose name its folder is found. */
export type SkillHost = keyof typeof HOME_FOLDERS;

/** The names that `from` may have. */
export const SKILL_HOSTS = Object.keys(HOME_FOLDERS) as [SkillHost, ...SkillHost[]];

/** The folder of a host's skills; it may not exist. */
export function homeFolderOf(host: SkillHost): string {
  return join(homedir(), HOME_FOLDERS[host]);
}
