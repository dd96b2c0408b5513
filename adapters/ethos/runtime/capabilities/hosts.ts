import { domainToASCII } from 'node:url';
import type { NetworkBounds } from '../../../../src/core/contract/bounds.ts';

/** Rules of a profile without network settings. */
export const NO_RULES: NetworkBounds = { deny: [], allowPrivate: false };

// Cloud metadata hosts, which return credentials: always denied.
const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data', 'instance-data.ec2.internal']);

/** Whether the tool declared a host and the profile allows it. A declared `*` means the hosts that the profile allows. */
export function isHostAllowed(host: string, declared: readonly string[], rules: NetworkBounds): boolean {
  const name = canonical(host);
  if (METADATA_NAMES.has(name) || rules.deny.some((pattern) => matches(name, pattern))) return false;
  if (rules.allow !== undefined && !rules.allow.some((pattern) => matches(name, pattern))) return false;
  return declared.some((pattern) => (pattern === '*' ? rules.allow !== undefined : matches(name, pattern)));
}

function matches(host: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*.')) return host.endsWith(`.${canonical(pattern.slice(2))}`);
  return host === canonical(pattern);
}

function canonical(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return (domainToASCII(bare) || bare).toLowerCase();
}
