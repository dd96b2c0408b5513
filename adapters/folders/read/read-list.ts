import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Manifest, Problem } from '../../../src/core/contract/plugin.ts';
import { GatewayError, thrownText } from '../../../src/core/errors.ts';
import { asObject, isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { isInside } from '../folder.ts';
import type { Format } from '../format.ts';
import { recognise } from '../recognise.ts';
import { type JsonFile, readJsonFile } from './json-file.ts';
import { readOne } from './read-one.ts';

const MAX_PLUGINS = 500;

interface Found {
  readonly name: string;
  readonly path: string;
  readonly entry: JsonObject;
}

/** The plugins of a catalogue or of the register of installed ones that lie on this machine. Nothing is downloaded. */
export function readList(source: Source, file: string, format: Format, host: Host): Manifest[] {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const json = readJsonFile(source.path, file);
  const found = file.endsWith('installed_plugins.json') ? installed(json, report) : catalogued(json, source.path, report);
  const { key: _, ...rest } = source;
  const manifests = found.slice(0, MAX_PLUGINS).flatMap(({ name, path, entry }): Manifest[] => {
    try {
      const own = recognise(path, format);
      const formats = own && 'formats' in own ? own.formats : [format];
      if (format !== 'claude' && !(own && 'formats' in own))
        throw new GatewayError('MANIFEST_INVALID', `${path} has no manifest for ${format}.`);
      return [readOne({ ...rest, path }, formats, host, { name, entry })];
    } catch (error) {
      report({ code: 'MANIFEST_INVALID', subject: name, message: `The plugin "${name}" of the list is left out: ${thrownText(error)}` });
      return [];
    }
  });
  const [first, ...others] = manifests;
  if (!first) {
    const why = problems.map(({ message }) => message).slice(0, 3);
    throw new GatewayError('MANIFEST_INVALID', `${file} lists no plugin that lies on this machine. ${why.join(' ')}`.trim());
  }
  // The watch on the list itself, and what is wrong with it, are of its first plugin.
  return [{ ...first, ignored: [...problems, ...(first.ignored ?? [])], watch: [file, ...first.watch] }, ...others];
}

// A register may name folders that were never filled.
function installed({ value }: JsonFile, report: (problem: Problem) => void): Found[] {
  return Object.entries(asObject(value.plugins ?? value)).flatMap(([id, copies]): Found[] => {
    const name = id.split('@')[0] ?? id;
    const copy = (Array.isArray(copies) ? copies : [copies]).filter(isJsonObject).at(-1);
    if (!copy || typeof copy.installPath !== 'string') return [];
    if (existsSync(copy.installPath)) return [{ name, path: copy.installPath, entry: {} }];
    report({
      code: 'ENTRY_NOT_FOUND',
      subject: id,
      message: `"${id}" is registered, but ${copy.installPath} does not exist.`,
      fix: 'Install it again in Claude Code.',
    });
    return [];
  });
}

function catalogued({ value, at }: JsonFile, root: string, report: (problem: Problem) => void): Found[] {
  const base = asObject(value.metadata).pluginRoot;
  let remote = 0;
  const found = (Array.isArray(value.plugins) ? value.plugins : []).flatMap((entry, i): Found[] => {
    if (!isJsonObject(entry) || typeof entry.name !== 'string') {
      report({ subject: 'plugins', message: `${at(['plugins', i])}: an entry without a name is left out.` });
      return [];
    }
    const { name, source, ...rest } = entry as JsonObject & { name: string };
    const path = typeof source === 'string' ? source : isJsonObject(source) && source.source === 'local' ? source.path : undefined;
    if (typeof path !== 'string' || /^[a-z]+:\/\//i.test(path)) {
      remote++;
      return [];
    }
    const prefixed = typeof base === 'string' && !path.startsWith('./') ? join(base, path) : path;
    const folder = resolve(root, prefixed);
    if (isInside(root, folder) && existsSync(folder)) return [{ name, path: folder, entry: { name, ...rest } }];
    report({
      code: 'ENTRY_NOT_FOUND',
      subject: name,
      message: `${at(['plugins', i, 'source'])}: ${path} ${isInside(root, folder) ? 'does not exist' : 'leads out of the repository'}.`,
    });
    return [];
  });
  if (remote > 0)
    report({
      subject: 'plugins',
      message: `${remote} plugins of the list lie elsewhere and are left out: plugmux downloads no plugins. Install them in their own host first.`,
    });
  return found;
}
