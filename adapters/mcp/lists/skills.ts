import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Skill, SkillContents, SkillFile, SkillItem } from '../../../src/core/contract/skill.ts';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { toJsonText } from '../../../src/core/json/exact-number.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { hasHidden } from '../../../src/core/text/hidden.ts';
import { showName } from '../../../src/core/text/text.ts';
import { faultOf, isTrue, textOf, wordsOf } from '../../../src/host/skills/fields.ts';
import { readFrontMatter } from '../../../src/host/skills/front-matter.ts';
import { substitute } from '../../../src/host/skills/substitute.ts';
import type { Calls } from '../calls.ts';
import { metaOf } from './listed.ts';

const SKILL_FILE = 'SKILL.md';
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_SKILLS = 2_000;
/** A server can list thousands of bad entries; the first ones show what is wrong with them. */
const MAX_REPORTED = 20;
/** Clients accept skills of 512 files, so a folder with more items than this is not meant to be shown. */
const MAX_ITEMS = 2_000;

/** What the skills of a server need. */
export interface UpstreamSkillParts {
  readonly pluginId: string;
  readonly calls: Pick<Calls, 'read' | 'skill' | 'folder'>;
}

interface Entry {
  /** The address of its folder at the server. */
  readonly root: string;
  readonly frontMatter: JsonObject;
  readonly files: ReadonlyMap<string, SkillFile & { readonly uri: string }> | 'dynamic';
}

/** The skills that a server lists, without those that clients would refuse. Their files are read only when a client asks for them. */
export function toSkills(items: readonly JsonValue[], parts: UpstreamSkillParts, problems: Problem[]): Skill[] {
  const skills = new Map<string, Skill>();
  const addresses = new Set<string>();
  let refused = 0;
  const refuse = (item: JsonValue, why: string): void => {
    refused++;
    if (refused > MAX_REPORTED) return;
    const uri = isJsonObject(item) && typeof item.uri === 'string' ? showName(item.uri) : 'an entry';
    problems.push({ code: 'TOOL_REFUSED', subject: uri, message: `The server lists the skill ${uri}, which is not served: ${why}.` });
  };
  for (const item of items.slice(0, MAX_SKILLS)) {
    const entry = readEntry(item);
    if (typeof entry === 'string') {
      refuse(item, entry);
      continue;
    }
    const own = String(entry.frontMatter.name);
    const address = addressOf(parts.pluginId, entry.root);
    const name = skills.has(own) ? address.slice(address.indexOf('/', 'skill://'.length) + 1) : own;
    if (skills.has(name) || addresses.has(address)) {
      refuse(item, 'it is listed twice');
      continue;
    }
    addresses.add(address);
    skills.set(name, createUpstreamSkill({ name, address, entry, meta: isJsonObject(item) ? item._meta : undefined }, parts));
  }
  if (refused > MAX_REPORTED)
    problems.push({ code: 'TOOL_REFUSED', subject: 'skills/list', message: `${refused - MAX_REPORTED} more skills are not served.` });
  if (items.length > MAX_SKILLS)
    problems.push({ subject: 'skills/list', message: `The server lists more than ${MAX_SKILLS} skills; the others are not served.` });
  return [...skills.values()];
}

/** A skill from the last start; its files are asked for when they are needed. */
export function reviveSkill(known: Skill, parts: UpstreamSkillParts): Skill {
  const { name, address, frontMatter = {}, at = '', meta } = known;
  return createUpstreamSkill({ name, address, entry: { root: at, frontMatter, files: undefined }, meta }, parts);
}

// Why an entry cannot be used, or the entry.
function readEntry(item: JsonValue): Entry | string {
  if (!isJsonObject(item)) return 'it is not an object';
  const { uri, frontmatter, resources } = item;
  if (typeof uri !== 'string' || !uri.endsWith(`/${SKILL_FILE}`)) return `its address does not end with /${SKILL_FILE}`;
  const root = uri.slice(0, -SKILL_FILE.length - 1);
  const last = decoded(root.slice(root.lastIndexOf('/') + 1));
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+(?:\/[^/?#\s]+)*$/i.test(root)) return 'its address has empty parts, a query or blanks';
  if (hasHidden(root) || !root.split('/').slice(2).every(isSegment)) return 'its address has parts that clients resolve differently';
  if (!isJsonObject(frontmatter)) return 'it has no front matter';
  const fault = faultOf(frontmatter);
  if (fault !== undefined) return fault;
  if (last !== frontmatter.name) return 'its name differs from its address';
  if (resources === 'dynamic') return { root, frontMatter: frontmatter, files: 'dynamic' };
  if (!Array.isArray(resources)) return 'it has no list of files';
  const files = new Map<string, SkillFile & { uri: string }>();
  for (const file of resources) {
    if (!isJsonObject(file) || typeof file.uri !== 'string' || typeof file.digest !== 'string' || !DIGEST.test(file.digest))
      return 'one of its files has no address or digest';
    const size = toDouble(file.size);
    const path = file.uri.startsWith(`${root}/`) ? decoded(file.uri.slice(root.length + 1)) : undefined;
    if (path === undefined || !isPath(path)) return 'one of its files is outside of it or has a name that cannot be shown';
    if (files.has(path)) return 'it lists a file twice';
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return 'one of its files has no size';
    files.set(path, { path, digest: file.digest, size, uri: file.uri });
  }
  return files.has(SKILL_FILE) ? { root, frontMatter: frontmatter, files } : `its list of files lacks ${SKILL_FILE}`;
}

// "." and ".." lead to another place, and an encoded slash is one segment for some readers and two for others.
function isSegment(segment: string): boolean {
  const plain = decoded(segment);
  return plain !== undefined && plain !== '' && plain !== '.' && plain !== '..' && !/[/\\]/.test(plain);
}

// A path inside a skill. Names with line breaks would end the line of a list that a model reads.
function isPath(path: string): boolean {
  return !/[?#\n\r\t]/.test(path) && !hasHidden(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// The plugin id comes first, so that no server can claim an address of another plugin.
function addressOf(pluginId: string, root: string): string {
  const [scheme = '', rest = ''] = root.split('://', 2);
  return `skill://${encodeURIComponent(pluginId).toLowerCase()}/${scheme.toLowerCase() === 'skill' ? '' : `${scheme.toLowerCase()}/`}${rest}`;
}

interface Described {
  readonly name: string;
  readonly address: string;
  /** `files` is undefined until they are asked for. */
  readonly entry: Omit<Entry, 'files'> & { readonly files: Entry['files'] | undefined };
  readonly meta: JsonValue | undefined;
}

function createUpstreamSkill({ name, address, entry, meta }: Described, { calls }: UpstreamSkillParts): Skill {
  const { root, frontMatter } = entry;
  let files = entry.files;
  const uri = `${root}/${SKILL_FILE}`;

  const ask = async (ctx: CallContext): Promise<Entry['files']> => {
    const found = readEntry(await calls.skill(uri, ctx));
    if (typeof found === 'string' || found.root !== root)
      throw refused(name, typeof found === 'string' ? found : 'the server returned another skill');
    files = found.files;
    return files;
  };
  const current = async (ctx: CallContext): Promise<Entry['files']> => files ?? (await ask(ctx));

  const fetchFile = async (at: string, path: string, ctx: CallContext): Promise<{ contents: SkillContents; bytes: Buffer } | null> => {
    const { contents } = await calls.read(at, ctx);
    const [item] = contents;
    if (!item) return null;
    const mimeType =
      item.mimeType ?? (path.endsWith('.md') ? 'text/markdown' : item.text === undefined ? 'application/octet-stream' : 'text/plain');
    if (item.text !== undefined) return { contents: { mimeType, text: item.text }, bytes: Buffer.from(item.text) };
    return { contents: { mimeType, blob: item.blob ?? '' }, bytes: Buffer.from(item.blob ?? '', 'base64') };
  };

  const read = async (path: string, ctx: CallContext): Promise<SkillContents | null> => {
    const known = await current(ctx);
    if (known === 'dynamic') {
      // No list of files bounds what a caller can ask for, and ".." would read other resources of the server.
      if (!isPath(path)) return null;
      const found = await fetchFile(`${root}/${encoded(path)}`, path, ctx);
      if (found && path === SKILL_FILE) verifyFrontMatter(name, frontMatter, found.contents.text);
      return found?.contents ?? null;
    }
    const file = known.get(path);
    if (!file) return null;
    const found = await fetchFile(file.uri, path, ctx);
    if (!found) return null;
    if (!isSame(found.bytes, file)) {
      // The server may have changed the skill since it listed it.
      const now = await ask(ctx);
      const again = now === 'dynamic' ? undefined : now.get(path);
      if (!again || !isSame(found.bytes, again))
        throw refused(name, `${showName(path)} differs in size or digest from what the server listed`);
    }
    if (path === SKILL_FILE) verifyFrontMatter(name, frontMatter, found.contents.text);
    return found.contents;
  };

  const listFolder = async (path: string, ctx: CallContext): Promise<SkillItem[] | null> => {
    if (path !== '' && !isPath(path)) return null;
    try {
      return toItems(await calls.folder(path === '' ? root : `${root}/${encoded(path)}`, ctx), root, path);
    } catch (error) {
      // Servers need not implement the method, and a skill is of use without the names of its files.
      if (error instanceof GatewayError && error.code === 'INVALID_PARAMS') return null;
      throw error;
    }
  };

  return {
    name,
    ...(textOf(frontMatter.description) === undefined ? {} : { description: String(frontMatter.description).trim() }),
    address,
    frontMatter,
    forModels: !isTrue(frontMatter['disable-model-invocation']),
    ...(textOf(frontMatter.compatibility) === undefined ? {} : { compatibility: String(frontMatter.compatibility) }),
    untrusted: true,
    ...metaOf(meta),
    at: root,
    async files(ctx) {
      const known = await current(ctx);
      return known === 'dynamic' ? known : [...known.values()].map(({ path, digest, size }) => ({ path, digest, size }));
    },
    async list(path, ctx) {
      const known = await current(ctx);
      return known === 'dynamic' ? listFolder(path, ctx) : childrenOf(known, path);
    },
    read,
    async load(args, ctx) {
      const found = await read(SKILL_FILE, ctx);
      if (found?.text === undefined) throw refused(name, `its ${SKILL_FILE} is not a text`);
      return substitute(readFrontMatter(found.text).body, args, { names: wordsOf(frontMatter.arguments) });
    },
  };
}

function isSame(bytes: Buffer, { size, digest }: SkillFile): boolean {
  return bytes.length === size && `sha256:${createHash('sha256').update(bytes).digest('hex')}` === digest;
}

// A skill that differs from its entry is not what the user or the operator was shown.
function verifyFrontMatter(name: string, listed: JsonObject, text: string | undefined): void {
  const read = text === undefined ? undefined : readFrontMatter(text);
  if (!read?.isExact || !isDeepStrictEqual(JSON.parse(JSON.stringify(read.fields)), JSON.parse(toJsonText(listed))))
    throw refused(name, 'the front matter of its SKILL.md differs from what the server listed');
}

function refused(name: string, why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The skill "${showName(name)}" cannot be used: ${why}.`);
}

function childrenOf(files: ReadonlyMap<string, SkillFile>, folder: string): SkillItem[] | null {
  const prefix = folder === '' ? '' : `${folder}/`;
  const items = new Map<string, SkillItem>();
  for (const { path, size } of files.values()) {
    if (!path.startsWith(prefix)) continue;
    const [first = '', ...more] = path.slice(prefix.length).split('/');
    const child = prefix + first;
    items.set(child, more.length === 0 ? { path: child, kind: 'file', size } : { path: child, kind: 'folder' });
  }
  if (items.size === 0) return null;
  return [...items.values()].sort(byPath);
}

// Servers may return anything here; only direct children of the folder are shown.
function toItems(resources: readonly JsonValue[], root: string, folder: string): SkillItem[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const items = new Map<string, SkillItem>();
  for (const item of resources) {
    if (items.size >= MAX_ITEMS) break;
    if (!isJsonObject(item) || typeof item.uri !== 'string' || !item.uri.startsWith(`${root}/`)) continue;
    const path = decoded(item.uri.slice(root.length + 1));
    if (path === undefined || !isPath(path) || !path.startsWith(prefix) || path.slice(prefix.length).includes('/')) continue;
    items.set(path, { path, kind: item.mimeType === 'inode/directory' ? 'folder' : 'file' });
  }
  return [...items.values()].sort(byPath);
}

function byPath(a: SkillItem, b: SkillItem): number {
  return a.path < b.path ? -1 : 1;
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
