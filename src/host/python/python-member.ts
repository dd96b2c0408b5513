import type { Source } from '../../core/contract/adapter.ts';
import type { Host } from '../../core/contract/host.ts';
import type { MemberSpec } from '../../core/contract/member.ts';
import { memberSpec, type OwnSpec } from '../member-spec.ts';
import { pythonRuntime } from './options.ts';

/** What a format knows of a Python plugin: the plugins that its source holds, and which one of them it is. */
interface PythonManifest<T> {
  readonly id: string;
  readonly adapter: string;
  readonly source: Source;
  readonly selection: { readonly plugins: readonly T[] };
  readonly selected: T;
}

/** What a format adds: the path of its `runtime.py`, and its default for `startTimeoutMs`. */
type PythonSpec = Omit<OwnSpec, 'group' | 'order' | 'runtime' | 'startTimeoutMs'> & { readonly module: string; readonly startMs: number };

/** Describes how a Python plugin runs: in one process with the others of its source, loaded in the order of the source. */
export function pythonMember<T>(manifest: PythonManifest<T>, host: Host, { module, startMs, ...own }: PythonSpec): MemberSpec {
  const { adapter, selected, selection, source } = manifest;
  return memberSpec(manifest, host, {
    group: source.entry.group ?? `${adapter}:${source.key ?? source.path}`,
    order: String(selection.plugins.indexOf(selected)).padStart(4, '0'),
    runtime: pythonRuntime(source, module),
    startTimeoutMs: source.entry.startTimeoutMs ?? startMs,
    ...own,
  });
}
