import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Format } from './format.ts';

const SIGNS: readonly (readonly [Format, readonly string[]])[] = [
  ['claude', ['.claude-plugin/plugin.json']],
  ['cursor', ['.cursor-plugin/plugin.json']],
  ['codex', ['.codex-plugin/plugin.json']],
  ['gemini', ['gemini-extension.json', '.gemini-extension-install.json']],
];
/** Lists of plugins: catalogues of a repository, and the register of what Claude Code has installed. */
const LISTS: readonly (readonly [Format, string])[] = [
  ['claude', '.claude-plugin/marketplace.json'],
  ['claude', 'installed_plugins.json'],
  ['cursor', '.cursor-plugin/marketplace.json'],
  ['codex', '.agents/plugins/marketplace.json'],
];
/** A Claude plugin may lack a manifest; these parts tell it, if its entry names the format. */
const CLAUDE_PARTS = ['commands', 'agents', 'skills', 'hooks/hooks.json', '.mcp.json'];
const SCHEMA = /"\$schema"\s*:\s*"https:\/\/agent-plugins\.org\/schemas\/[^/"]+\/plugin\.schema\.json"/;
const MAX_HEAD = 64 * 1024;

/** What a folder is: a plugin with manifests of these formats, or a list of plugins. */
export type Recognised = { readonly formats: readonly Format[] } | { readonly list: string; readonly format: Format };

/** Looks at a folder by the names of its files. `wanted`: the only format that counts. Undefined: it is none of these. */
export function recognise(path: string, wanted: string | undefined): Recognised | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const isWanted = (format: Format): boolean => wanted === undefined || wanted === format;
  const has = (file: string): boolean => existsSync(join(path, file));
  const formats: Format[] =
    isWanted('agent-plugin') && has('plugin.json') && namesStandard(join(path, 'plugin.json')) ? ['agent-plugin'] : [];
  for (const [format, files] of SIGNS) if (isWanted(format) && files.some(has)) formats.push(format);
  if (formats.length > 0) return { formats };
  const list = LISTS.find(([format, file]) => isWanted(format) && has(file));
  if (list) return { list: join(path, list[1]), format: list[0] };
  return wanted === 'claude' && CLAUDE_PARTS.some(has) ? { formats: ['claude'] } : undefined;
}

// Many tools have a plugin.json, so only the address of the standard counts.
function namesStandard(file: string): boolean {
  let open: number | undefined;
  try {
    open = openSync(file, 'r');
    const head = Buffer.alloc(MAX_HEAD);
    return SCHEMA.test(head.toString('utf8', 0, readSync(open, head, 0, MAX_HEAD, 0)));
  } catch {
    return false;
  } finally {
    if (open !== undefined) closeSync(open);
  }
}
