import { resolve } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Entry, NeededSetting, Source } from '../../../src/core/contract/source.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { expand } from './expand.ts';
import type { ServerPart } from './server-part.ts';

/** Keys that a plugin may set. What loosens approval is the operator's alone. */
const TAKEN = new Set(
  (
    'command args env cwd type url httpUrl serverUrl headers timeout includeTools excludeTools disabledTools askTools oauth ' +
    'description name title disabled enabled'
  ).split(' '),
);
const LOOSENING = new Set(['trust', 'autoApprove', 'alwaysAllow', 'autoApproved']);
/** Keys of the format's own host that mean nothing here, and need no report. */
const SILENT = new Set(['note', 'notes', 'icon', 'iconPath', '$comment', 'oauth_resource', 'program', 'version', 'startup_timeout_sec']);

/** A server as the registry opens it, and what its values say of the settings. */
export interface YieldedServer {
  readonly source: Source;
  /** Settings and variables that its values refer to. */
  readonly uses: readonly Use[];
  readonly problems: readonly Problem[];
}

/** One reference to a setting. */
export interface Use {
  readonly setting: string;
  readonly isSet: boolean;
  /** Whether it occurs in the command line. */
  readonly inCommand: boolean;
  /** Whether it occurs in a header. */
  readonly inHeader: boolean;
}

/** Fills in the references of a server's entry. */
export function toSource(part: ServerPart, entry: Entry, root: string): YieldedServer {
  const { name, server, bundle, at, base, cwd } = part;
  if (bundle !== undefined)
    return { source: { key: name, path: bundle, root, format: 'mcpb', entry, at: () => at([]) }, uses: [], problems: [] };
  const problems: Problem[] = [];
  const needs: NeededSetting[] = [];
  const uses: Use[] = [];
  const fill = (value: JsonValue, path: readonly (string | number)[]): JsonValue => {
    const [key = ''] = path;
    const variables = typeof value === 'string' ? part.variables(String(key)) : undefined;
    if (typeof value === 'string' && variables) {
      const { text, unset, unknown, filled } = expand(value, variables);
      const where = { inCommand: key === 'command' || key === 'args', inHeader: key === 'headers' };
      for (const setting of unset) {
        needs.push({ setting, at: path.map(String) });
        uses.push({ setting, isSet: false, ...where });
      }
      for (const setting of filled) uses.push({ setting, isSet: true, ...where });
      for (const reference of unknown)
        problems.push({ subject: name, message: `${at([...path])}: ${reference} is not known here and stays as it is.` });
      return text;
    }
    if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i]));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, fill(item, [...path, inner])]));
  };

  const taken: JsonObject = {};
  for (const [key, value] of Object.entries(server)) {
    if (TAKEN.has(key)) taken[key] = fill(value, [key]);
    else if (LOOSENING.has(key))
      problems.push({ subject: name, message: `${at([key])}: "${key}" is ignored: only mcp.json approves calls.` });
    else if (!SILENT.has(key)) problems.push({ subject: name, message: `${at([key])}: the key "${key}" is unknown and is ignored.` });
  }
  if (taken.url === undefined && taken.httpUrl === undefined && taken.serverUrl === undefined) {
    taken.cwd = typeof taken.cwd === 'string' && taken.cwd !== '' ? resolve(base, taken.cwd) : cwd;
    taken.env = { ...(isJsonObject(taken.env) ? taken.env : {}), ...part.env() };
  }
  const source: Source = {
    key: name,
    path: root,
    root,
    server: taken,
    at: (...keys) => at(keys),
    entry,
    ...(needs.length === 0 ? {} : { needs }),
  };
  return { source, uses, problems };
}
