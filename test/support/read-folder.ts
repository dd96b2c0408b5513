import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { folders } from '../../adapters/folders/adapter.ts';
import type { Entry, Source } from '../../src/core/contract/adapter.ts';
import type { Host } from '../../src/core/contract/host.ts';
import type { Manifest, Offer } from '../../src/core/contract/plugin.ts';
import type { PromptResult } from '../../src/core/contract/prompt.ts';
import type { CallContext } from '../../src/core/contract/tool.ts';
import { writeFolder } from './folders.ts';
import { tempFolder } from './temp.ts';

/** A plugin folder as the adapter reads it. */
export interface Read {
  readonly dir: string;
  readonly manifests: readonly Manifest[];
  readonly manifest: Manifest;
  /** What was reported, sorted. */
  readonly problems: readonly string[];
  /** The entries of its servers, by name. */
  readonly servers: Readonly<Record<string, Source>>;
  readonly hidden: readonly string[];
  offer(): Promise<Offer>;
  prompt(name: string, args?: Readonly<Record<string, string>>, ctx?: object): Promise<PromptResult>;
}

/** The context of a caller on this machine. */
export const HERE = { caller: { principal: 'local', profile: 'default' } };

/** Writes a folder and reads it. Rejects if the adapter does, or does not recognise it. */
export async function readFolder(
  files: Readonly<Record<string, string | object>>,
  options: { entry?: Partial<Entry>; dir?: string; key?: string; format?: string } = {},
): Promise<Read> {
  const base = options.dir ?? tempFolder();
  const dir = writeFolder(join(base, 'plugin'), files);
  const project = join(base, 'project');
  mkdirSync(project, { recursive: true });
  const hidden: string[] = [];
  const host = {
    dataDir(id: string) {
      const path = join(base, 'data', id);
      mkdirSync(path, { recursive: true });
      return path;
    },
    hide: (secret: string) => void hidden.push(secret),
    limits: { resultBytes: 1024 * 1024 },
  } as unknown as Host;
  const entry: Entry = { settings: {}, credentials: {}, isolation: 'process', cwd: project, env: {}, options: {}, ...options.entry };
  const { key, format } = options;
  const source: Source = {
    path: dir,
    root: base,
    entry,
    ...(key === undefined ? {} : { key }),
    ...(format === undefined ? {} : { format }),
  };
  const manifests = await folders.read(source, host);
  const [manifest] = manifests ?? [];
  if (!manifests || !manifest) throw new Error('it is not recognised');
  const offer = async (): Promise<Offer> => (await folders.open(manifest, host)).offer() as Offer;
  return {
    dir,
    manifests,
    manifest,
    problems: (manifest.ignored ?? []).map(({ message }) => message).sort(),
    servers: Object.fromEntries((manifest.yields ?? []).map((one) => [one.key, one])),
    hidden,
    offer,
    async prompt(name, args = {}, ctx = HERE) {
      const found = (await offer()).prompts.find((one) => one.name === name);
      if (!found) throw new Error(`there is no prompt ${name}: ${(await offer()).prompts.map((one) => one.name).join(', ')}`);
      return found.get(args, ctx as CallContext);
    },
  };
}

/** The text of the first message of a prompt. */
export function promptText({ messages: [first] }: PromptResult): string {
  return first?.content.type === 'text' ? first.content.text : '';
}
