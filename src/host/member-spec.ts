import type { Source } from '../core/contract/adapter.ts';
import type { Host } from '../core/contract/host.ts';
import type { MemberSpec } from '../core/contract/member.ts';

/** The part of a MemberSpec that differs by format; the rest follows from the plugin's entry in mcp.json. */
export type OwnSpec = Pick<MemberSpec, 'group' | 'order' | 'runtime' | 'params'> &
  Partial<Omit<MemberSpec, 'id' | 'cwd' | 'stopTimeoutMs'>>;

/** Describes how a plugin runs: what its entry says, completed by its format. `own` wins. */
export function memberSpec({ id, source: { entry } }: { id: string; source: Source }, host: Host, own: OwnSpec): MemberSpec {
  return {
    id,
    isolation: 'process',
    cwd: entry.cwd,
    env: entry.env,
    startTimeoutMs: entry.startTimeoutMs,
    stopTimeoutMs: entry.shutdownTimeoutMs,
    log: host.log.area(`plugin:${id}`),
    ...own,
  };
}
