import type { Problem } from '../core/contract/plugin.ts';
import type { Contribution } from './catalogue/catalogue.ts';
import type { RegisteredPlugin } from './registered-plugin.ts';

const MAX_NAMED = 20;

/** Adds to the problems of each plugin where the tools of its servers differ from those that its manifest announces. */
export function withAnnounced(
  checked: ReadonlyMap<string, readonly Problem[]>,
  plugins: readonly RegisteredPlugin[],
): ReadonlyMap<string, readonly Problem[]> {
  const all = new Map(checked);
  const parts = plugins.map((plugin) => ({ plugin, part: plugin.contribution(() => []) }));
  for (const { part } of parts) {
    const { announces, id = '' } = part?.manifest ?? {};
    if (!announces || announces.tools.length === 0 || !checked.has(id)) continue;
    const servers = parts.filter((one) => one.part?.manifest.parent?.id === id);
    // While one has not listed, nobody knows what is missing.
    if (servers.length === 0 || servers.some(({ plugin }) => plugin.state() !== 'ready')) continue;
    const listed = new Set(servers.flatMap((one) => namesIn(one.part)));
    const missing = announces.tools.filter((name) => !listed.has(name));
    const further = announces.isComplete ? [...listed].filter((name) => !announces.tools.includes(name)) : [];
    const problems: Problem[] = [];
    if (missing.length > 0)
      problems.push({ subject: 'tools', message: `Its manifest declares tools that its server does not list: ${some(missing)}.` });
    if (further.length > 0)
      problems.push({ subject: 'tools', message: `Its server lists tools that its manifest does not declare: ${some(further)}.` });
    if (problems.length > 0) all.set(id, [...(checked.get(id) ?? []), ...problems]);
  }
  return all;
}

// Tools that are not served because of their schemas are listed all the same.
function namesIn(part: Contribution | undefined): string[] {
  const { tools = [], quarantined = [] } = part?.vetted ?? {};
  return [...tools.map(({ tool }) => tool.name), ...quarantined.map(({ tool }) => tool)];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${shown} and ${names.length - MAX_NAMED} more` : shown;
}
