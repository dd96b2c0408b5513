import { createHash } from 'node:crypto';

/** A tool or prompt that wants a public name. */
export interface Claim {
  readonly plugin: string;
  /** The name that the format's original host shows, or the one that the operator set. */
  readonly native: string;
}

/** Leaves room for the prefix that LLM clients add. */
const MAX_LENGTH = 48;
const HASHED = 39;
/** Characters of hash in a shortened id. */
const ID_HASH = 6;
const MIN_ID_LENGTH = 10;

/** A name as every LLM client accepts it: letters, digits, "_" and "-", not starting with a digit or "-". */
export function sanitise(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_-]/g, '_');
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
}

function hashed(name: string, { plugin, native }: Claim): string {
  const hash = createHash('sha256').update(`${plugin}\n${native}`).digest('hex').slice(0, 8);
  return `${name.slice(0, HASHED)}_${hash}`;
}

function shortened(name: string, claim: Claim): string {
  return name.length > MAX_LENGTH ? hashed(name, claim) : name;
}

/** A name with the plugin id as prefix. A long id is shortened if that keeps the tool's name complete. */
function qualified(native: string, claim: Claim): string {
  const id = sanitise(claim.plugin);
  const room = MAX_LENGTH - native.length - 1;
  if (id.length <= room || room < MIN_ID_LENGTH) return shortened(`${id}_${native}`, claim);
  const hash = createHash('sha256').update(claim.plugin).digest('hex').slice(0, ID_HASH);
  return `${id.slice(0, room - ID_HASH - 1)}_${hash}_${native}`;
}

/**
 * The public name of every claim. A native name is kept while it is unique among all claims; otherwise each of its claims
 * becomes `<plugin>_<name>`. The result depends only on the set of claims, not on their order or on failed starts.
 */
export function publicNames<C extends Claim>(claims: readonly C[]): Map<C, string> {
  const wanted = new Map<C, string>();
  for (const group of groupBy(claims, (claim) => sanitise(claim.native)).values()) {
    for (const claim of group) {
      const native = sanitise(claim.native);
      wanted.set(claim, group.length === 1 ? shortened(native, claim) : qualified(native, claim));
    }
  }
  for (const group of groupBy(claims, (claim) => wanted.get(claim) as string).values()) {
    if (group.length > 1) for (const claim of group) wanted.set(claim, hashed(wanted.get(claim) as string, claim));
  }
  return wanted;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** Replaces whole-word names in a text, in one pass; undefined if nothing was renamed. */
export function createRewriter(renamed: ReadonlyMap<string, string>): ((text: string) => string) | undefined {
  const names = [...renamed].filter(([from, to]) => from !== to).map(([from]) => from);
  if (names.length === 0) return undefined;
  names.sort((a, b) => b.length - a.length);
  const alternatives = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(?<![A-Za-z0-9_-])(?:${alternatives})(?![A-Za-z0-9_-])`, 'g');
  return (text) => text.replace(pattern, (name) => renamed.get(name) as string);
}
