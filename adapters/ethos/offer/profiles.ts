import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Bounds } from '../../../src/core/contract/bounds.ts';
import type { OfferedProfile } from '../../../src/core/contract/offered-profile.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { isInside } from '../read/entry-file.ts';

const MAX_SOUL_SIZE = 64 * 1024;

/** Converts a personality to a profile: plugins, instructions, network and file limits, and deny rules. */
export function toProfile(personality: JsonObject, folder: string, cwd: string): OfferedProfile {
  const { id, name, description, soulPath } = personality;
  const safety = asObject(personality.safety);
  const instructions = [description, soulPath === undefined ? undefined : readSoul(folder, soulPath)].filter(isText).join('\n\n');
  const tools = exposedTools(asObject(personality.mcp_export));
  const denyRules = texts(safety.denyRules);
  return {
    name: String(id),
    ...(isText(description) || isText(name) ? { description: String(description ?? name) } : {}),
    ...(instructions === '' ? {} : { instructions }),
    plugins: texts(personality.plugins),
    ...(tools ? { tools } : {}),
    ...(safety.approvalMode === 'manual' ? { askAlways: true } : {}),
    ...(denyRules.length > 0 ? { denyRules } : {}),
    ...boundsOf(asObject(safety.network), isJsonObject(personality.fs_reach) ? personality.fs_reach : undefined, cwd),
  };
}

function exposedTools({ enabled, expose_tools: exposed }: JsonObject): readonly string[] | undefined {
  if (enabled === false || exposed === 'none') return [];
  return Array.isArray(exposed) ? texts(exposed) : undefined;
}

function boundsOf(network: JsonObject, fs: JsonObject | undefined, cwd: string): { readonly bounds?: Bounds } {
  const path = (text: string): string => resolve(cwd, text.replace(/^~(?=\/|$)/, homedir()));
  const bounds: Bounds = {
    ...(Object.keys(network).length === 0
      ? {}
      : {
          network: {
            ...(Array.isArray(network.allow) ? { allow: texts(network.allow) } : {}),
            deny: texts(network.deny),
            allowPrivate: network.allow_private_urls === true,
          },
        }),
    ...(fs === undefined
      ? {}
      : {
          fs: {
            read: texts(fs.read).map(path),
            write: texts(fs.write).map(path),
            ...(isText(fs.workdir) ? { workdir: path(fs.workdir) } : {}),
          },
        }),
  };
  return Object.keys(bounds).length > 0 ? { bounds } : {};
}

// Soul files are read only from the plugin's folder.
function readSoul(folder: string, path: JsonValue): string | undefined {
  if (!isText(path)) return undefined;
  const file = resolve(folder, path);
  try {
    return isInside(file, folder) && statSync(file).size <= MAX_SOUL_SIZE ? readFileSync(file, 'utf8').trim() : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}
