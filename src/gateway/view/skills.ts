import type { Caller } from '../../core/contract/caller.ts';
import type { ResourceContents } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Catalogue } from '../../registry/catalogue/catalogue.ts';
import { SKILL_FILE, type SkillEntry, skillFileAddress } from '../../registry/catalogue/skills.ts';
import type { Call } from '../call/call.ts';
import { toPluginFailed } from '../call/plugin-errors.ts';

/** The skills of a view. */
export interface VisibleSkills {
  readonly byName: ReadonlyMap<string, SkillEntry>;
  /** By the address of the skill's folder. */
  readonly byAddress: ReadonlyMap<string, SkillEntry>;
  /** Whether a prompt or resource of a skill is visible. */
  has(plugin: { readonly id: string }, skill: string | undefined): boolean;
}

/** A view, as far as its skills are concerned. */
export interface WithSkills {
  readonly skills: VisibleSkills;
}

const NONE: VisibleSkills = { byName: new Map(), byAddress: new Map(), has: (_, skill) => skill === undefined };

/** The skills that a caller sees. */
export function visibleSkills(
  { skills }: Catalogue,
  policy: Policy,
  caller: Caller,
  isComplete: (requires: readonly string[] | undefined) => boolean,
): VisibleSkills {
  if (skills.size === 0) return NONE;
  const byName = new Map<string, SkillEntry>();
  const byAddress = new Map<string, SkillEntry>();
  const own = new Set<string>();
  for (const [name, entry] of skills) {
    if (!policy.seesSkill(entry, caller) || !isComplete(entry.skill.requires)) continue;
    byName.set(name, entry);
    own.add(`${entry.plugin.id}\n${entry.skill.name}`);
    if (!byAddress.has(entry.skill.address)) byAddress.set(entry.skill.address, entry);
  }
  return { byName, byAddress, has: ({ id }, skill) => skill === undefined || own.has(`${id}\n${skill}`) };
}

/** A skill and a path inside it; "" is its folder. */
export interface SkillPlace {
  readonly entry: SkillEntry;
  readonly path: string;
}

/** The skill that an address belongs to, the innermost if skills are nested. */
export function findSkill(address: string, { skills }: WithSkills): SkillPlace | undefined {
  if (skills.byAddress.size === 0) return undefined;
  // Capitals make no difference in the first segment, which clients may write as the plugin's id.
  const known = address.replace(/^skill:\/\/[^/]*/i, (base) => base.toLowerCase());
  for (let end = known.length; end > 0; end = known.lastIndexOf('/', end - 1)) {
    const entry = skills.byAddress.get(known.slice(0, end));
    if (entry) {
      const path = decodePath(address.slice(end + 1));
      return path === undefined ? undefined : { entry, path };
    }
  }
  return undefined;
}

// A slash that is encoded would be a part of a name.
function decodePath(path: string): string | undefined {
  if (/%2f|[?#]/i.test(path)) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The address of a path inside a skill. */
function addressOf({ skill }: SkillEntry, path: string): string {
  const segments = path.split('/').map((part) => encodeURIComponent(part));
  return path === '' ? skill.address : `${skill.address}/${segments.join('/')}`;
}

/** Reads a file of a skill, byte by byte. `address`: as the client wrote it. Throws INVALID_PARAMS. */
export async function readSkillFile({ entry, path }: SkillPlace, address: string, call: Call): Promise<readonly ResourceContents[]> {
  const contents = await toPluginFailed(entry.plugin.id, () => entry.skill.read(path, call));
  if (!contents) throw unknown(address);
  return [{ uri: address, ...contents }];
}

/** Skills whose entries one page has: their files are read for the digests. */
const PAGE = 50;

/** The skills that clients may list, sorted by address, and the address to go on from. `after`: that of the last page. */
export function pageOf({ skills }: WithSkills, after: string): { readonly page: readonly SkillEntry[]; readonly next: string | undefined } {
  const listed = [...skills.byAddress].filter(([address, { skill }]) => skill.frontMatter !== undefined && address > after);
  listed.sort(([a], [b]) => (a < b ? -1 : 1));
  const page = listed.slice(0, PAGE);
  return { page: page.map(([, entry]) => entry), next: listed.length > PAGE ? page.at(-1)?.[0] : undefined };
}

/** The entry of a skill by the address of its SKILL.md. Throws INVALID_PARAMS for one that cannot be verified. */
export function listableSkill(address: string, view: WithSkills): SkillEntry {
  const place = findSkill(address, view);
  if (place?.path !== SKILL_FILE || place.entry.skill.frontMatter === undefined) throw unknown(address, 'Unknown skill');
  return place.entry;
}

/** What `skills/list` and `skills/get` say about a skill. */
export async function describeSkill(entry: SkillEntry, call: Call): Promise<JsonObject> {
  const { skill, plugin } = entry;
  const files = await toPluginFailed(plugin.id, () => skill.files(call));
  return {
    uri: skillFileAddress(skill),
    frontmatter: skill.frontMatter as JsonObject,
    resources: files === 'dynamic' ? files : files.map(({ path, digest, size }) => ({ uri: addressOf(entry, path), digest, size })),
    // The namespace of the extension asks for a reverse domain.
    _meta: { ...skill.meta, 'io.github.plugmux/plugin': plugin.id, 'io.github.plugmux/format': plugin.adapter },
  };
}

/** The direct children of a folder of a skill. Throws INVALID_PARAMS if it is no folder. */
export async function describeFolder(address: string, view: WithSkills, call: Call): Promise<JsonObject[]> {
  const place = findSkill(address, view);
  const items = place && (await toPluginFailed(place.entry.plugin.id, () => place.entry.skill.list(place.path, call)));
  if (!place || !items) throw unknown(address, 'Unknown folder of a skill');
  return items.map(({ path, kind, size }): JsonObject => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const uri = addressOf(place.entry, path);
    return kind === 'folder' ? { uri, name, mimeType: 'inode/directory' } : size === undefined ? { uri, name } : { uri, name, size };
  });
}

/** Untrusted addresses are cut to this many characters in errors. */
const MAX_SHOWN = 2_048;

function unknown(address: string, what = 'Unknown resource address'): GatewayError {
  return new GatewayError('INVALID_PARAMS', `${what}.`, { field: 'uri', uri: address.slice(0, MAX_SHOWN) });
}
