import * as z from 'zod';
import type { Entry } from '../../src/core/contract/adapter.ts';

/** Hosts of releases. */
export interface ReleaseHosts {
  readonly api: string;
  readonly download: string;
}

/** Whether a connection is encrypted. `wanted`: unencrypted if the plugin does not support it. */
export type Tls = 'off' | 'wanted' | 'required';

/** The format-specific keys of mcp.json. */
export interface SquadronOptions {
  readonly source?: string;
  readonly version?: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly tls: Tls;
  readonly releases: ReleaseHosts;
}

const HOSTS: ReleaseHosts = { api: 'https://api.github.com', download: 'https://github.com' };

export const OPTIONS = {
  source: z.string().optional().describe('Squadron: a release `github.com/owner/repo`, or the source folder of a plugin'),
  version: z.string().optional().describe('Squadron: the tag of the release, or "local"'),
  vars: z.record(z.string(), z.string()).optional().describe('Squadron: values of `vars.<name>` in .hcl files'),
  autoMtls: z
    .union([z.boolean(), z.literal('wanted')])
    .optional()
    .describe('Squadron: encrypt the connection; with "wanted", only if the plugin supports it'),
  releases: z
    .strictObject({ api: z.url().optional(), download: z.url().optional() })
    .optional()
    .describe('Squadron: base URLs for listing and downloading releases'),
};

/** Reads the options of an entry, which the schema has already validated. */
export function toOptions({ options }: Entry): SquadronOptions {
  const { source, version, vars = {}, autoMtls = false, releases } = options as z.infer<z.ZodObject<typeof OPTIONS>>;
  return {
    ...(source === undefined ? {} : { source }),
    ...(version === undefined ? {} : { version }),
    vars,
    tls: autoMtls === 'wanted' ? 'wanted' : autoMtls ? 'required' : 'off',
    releases: {
      api: (releases?.api ?? HOSTS.api).replace(/\/+$/, ''),
      download: (releases?.download ?? HOSTS.download).replace(/\/+$/, ''),
    },
  };
}
