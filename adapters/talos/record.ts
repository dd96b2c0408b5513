import type { Entry } from '../../src/core/contract/adapter.ts';
import type { Problem } from '../../src/core/contract/plugin.ts';
import { didYouMean } from '../../src/core/text/nearest.ts';
import { type TalosManifest, toText } from './manifest.ts';

/** The key of the refresh token of a plugin with an OAuth login. */
export const OAUTH_TOKEN = 'refresh_token';
const OAUTH_KEYS = [OAUTH_TOKEN, 'access_token', 'token_expiry'];

/** The flat record of strings that a plugin receives with every call, with missing and unknown keys. */
export interface TalosRecord {
  readonly values: Readonly<Record<string, string>>;
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  /** Values that the manifest declares secret, from any key of mcp.json. */
  readonly secrets: readonly string[];
}

/** Manifest defaults, overridden by configured values. Unset keys are absent, not empty. */
export function toRecord(manifest: TalosManifest, entry: Entry): TalosRecord {
  const values: Record<string, string> = {};
  for (const setting of manifest.settings) if (setting.default !== undefined) values[setting.name] = setting.default;
  for (const [key, value] of Object.entries(entry.settings)) if (value !== null) values[key] = toText(value);
  for (const [key, value] of Object.entries(entry.credentials)) values[key] = value;

  const required = manifest.credentials.filter((c) => c.required).map((c) => c.name);
  if (manifest.oauth) required.push(OAUTH_TOKEN);
  const needs = required.filter((name) => !Object.hasOwn(values, name) || values[name] === '');

  const known = [
    ...manifest.settings.map((s) => s.name),
    ...manifest.credentials.map((c) => c.name),
    ...(manifest.oauth ? OAUTH_KEYS : []),
  ];
  const given = [...Object.keys(entry.settings), ...Object.keys(entry.credentials)];
  const problems = given
    .filter((key) => !known.includes(key))
    .map((key) => ({
      code: 'CONFIG_INVALID' as const,
      subject: key,
      message: `mcp.json sets "${key}", which the manifest does not declare; the plugin receives it anyway.${didYouMean(key, known)}`,
    }));
  const hidden = [...manifest.credentials, ...manifest.settings].filter(({ secret }) => secret).map(({ name }) => name);
  const secrets = [...hidden, ...(manifest.oauth ? OAUTH_KEYS : [])].flatMap((name) =>
    Object.hasOwn(values, name) ? [values[name] as string] : [],
  );
  return { values, needs, problems, secrets };
}
