import { createHash } from 'node:crypto';
import { GatewayError } from '../../../src/core/errors.ts';
import type { EthosManifest } from '../manifest.ts';

/**
 * Groups and orders all plugins. Plugins connected by `dependencies` or a common `group` share a process. Each loads after
 * its dependencies, then by `priority`, then by id. Members of a cycle get a `fault`; other plugins are not affected.
 */
export function relate(manifests: readonly EthosManifest[]): EthosManifest[] {
  const byName = new Map<string, EthosManifest>();
  for (const manifest of [...manifests].reverse()) {
    for (const name of [manifest.found.folderName, manifest.found.pluginId, manifest.id]) byName.set(name, manifest);
  }
  const needs = new Map(
    manifests.map((m) => [
      m,
      m.found.package.dependencies.map((name) => byName.get(name)).filter((d) => d !== undefined && d !== m) as EthosManifest[],
    ]),
  );
  const components = joinUp(manifests, needs);
  const placed = new Map<EthosManifest, EthosManifest>();
  for (const members of components) {
    const { order, cycle } = sort(members, needs);
    const group = nameOf(members, needs);
    for (const [i, manifest] of [...order, ...cycle].entries()) {
      const inCycle = cycle.includes(manifest) && reaches(manifest, manifest, needs);
      const missing = manifest.found.package.dependencies.filter((name) => !byName.has(name));
      placed.set(manifest, place(manifest, group, i, needs.get(manifest) ?? [], missing, inCycle ? cycle : []));
    }
  }
  return manifests.map((m) => placed.get(m) ?? m);
}

type Needs = ReadonlyMap<EthosManifest, readonly EthosManifest[]>;

function place(
  manifest: EthosManifest,
  group: string,
  index: number,
  needs: readonly EthosManifest[],
  missing: readonly string[],
  cycle: readonly EthosManifest[],
): EthosManifest {
  const order = String(index).padStart(6, '0');
  const dependencies = needs.map((d) => d.id);
  const fault = faultOf(manifest, missing, cycle);
  const digest = createHash('sha256')
    .update(JSON.stringify([manifest.digest, group, order, dependencies, fault?.message]))
    .digest('hex');
  return { ...manifest, digest, group, order, dependencies, ...(fault ? { fault } : {}) };
}

function faultOf({ id }: EthosManifest, missing: readonly string[], cycle: readonly EthosManifest[]): GatewayError | undefined {
  if (cycle.length > 0) {
    const ring = cycle.map((m) => m.id).join(', ');
    return new GatewayError('DEPENDENCY_MISSING', `Plugin "${id}" is part of a dependency cycle: ${ring}.`, {
      plugin: id,
      fix: 'Remove one of the entries from "ethos.dependencies".',
    });
  }
  if (missing.length === 0) return undefined;
  return new GatewayError('DEPENDENCY_MISSING', `Plugin "${id}" depends on ${missing.join(', ')}, which is missing.`, {
    plugin: id,
    fix: `Add ${missing.join(', ')} to "plugins" or "pluginFolders" in mcp.json, and enable it.`,
  });
}

function joinUp(manifests: readonly EthosManifest[], needs: Needs): EthosManifest[][] {
  const parent = new Map(manifests.map((m) => [m, m]));
  const root = (m: EthosManifest): EthosManifest => {
    const up = parent.get(m) as EthosManifest;
    return up === m ? m : root(up);
  };
  const groups = new Map<string, EthosManifest>();
  for (const manifest of manifests) {
    for (const dependency of needs.get(manifest) ?? []) parent.set(root(manifest), root(dependency));
    const { group } = manifest.source.entry;
    if (group === undefined) continue;
    const first = groups.get(group);
    if (first) parent.set(root(manifest), root(first));
    else groups.set(group, manifest);
  }
  const components = new Map<EthosManifest, EthosManifest[]>();
  for (const manifest of manifests) components.set(root(manifest), [...(components.get(root(manifest)) ?? []), manifest]);
  return [...components.values()];
}

// Named after a plugin without dependencies, so that a plugin keeps its process when others start to depend on it.
function nameOf(members: readonly EthosManifest[], needs: Needs): string {
  const named = members.map((m) => m.source.entry.group).filter((group) => group !== undefined);
  if (named.length > 0) return named.sort()[0] as string;
  const roots = members.filter((m) => (needs.get(m) ?? []).length === 0);
  const [first] = (roots.length > 0 ? roots : members).map((m) => m.id).sort();
  return `ethos:${first}`;
}

function sort(members: readonly EthosManifest[], needs: Needs): { order: EthosManifest[]; cycle: EthosManifest[] } {
  const before = (a: EthosManifest, b: EthosManifest): number =>
    b.found.package.priority - a.found.package.priority || (a.id < b.id ? -1 : 1);
  const left = [...members].sort(before);
  const order: EthosManifest[] = [];
  for (;;) {
    const next = left.findIndex((m) => (needs.get(m) ?? []).every((d) => order.includes(d)));
    if (next < 0) return { order, cycle: left };
    order.push(...left.splice(next, 1));
  }
}

function reaches(from: EthosManifest, to: EthosManifest, needs: Needs, seen = new Set<EthosManifest>()): boolean {
  return (needs.get(from) ?? []).some((d) => {
    if (d === to) return true;
    if (seen.has(d)) return false;
    seen.add(d);
    return reaches(d, to, needs, seen);
  });
}
