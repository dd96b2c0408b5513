import { basename } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { hasHidden } from '../../core/text/hidden.ts';
import { showName } from '../../core/text/text.ts';
import type { DiscoveredPlugin } from './discovered-plugin.ts';

/** Rejects ids with hidden characters: an id is part of prompt names, addresses and texts that the model reads. */
export function refuseHidden(item: DiscoveredPlugin): DiscoveredPlugin {
  if (!hasHidden(item.id)) return item;
  const id = showName(item.id);
  const { manifest, adapter: _, ...rest } = item;
  return {
    ...rest,
    id,
    ...(manifest?.guards ? { guards: true } : {}),
    error: new GatewayError('MANIFEST_INVALID', `The id "${id}" contains invisible characters.`, { plugin: id }),
  };
}

/** Resolves duplicate ids: an entry in mcp.json wins over a scanned folder; otherwise the first wins and the others get an error. */
export function refuseSecond(found: readonly DiscoveredPlugin[]): DiscoveredPlugin[] {
  const first = new Map<string, DiscoveredPlugin>();
  return found.flatMap((item) => {
    const holder = first.get(item.id);
    if (!item.manifest || !holder?.manifest) {
      if (item.manifest) first.set(item.id, item);
      return [item];
    }
    if (holder.config.path !== undefined && item.config.path === undefined) return [];
    const message = `Two plugins have the id "${item.id}": ${holder.origin} is used, ${item.origin} is not.`;
    const { manifest: _, adapter: __, ...rest } = item;
    return [
      {
        ...rest,
        id: `${item.id} (${basename(item.origin)})`,
        error: new GatewayError('NAME_COLLISION', message, { plugin: item.id }),
      },
    ];
  });
}
