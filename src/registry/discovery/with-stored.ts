import type { Adapter, Source } from '../../core/contract/adapter.ts';
import type { Host } from '../../core/contract/host.ts';
import type { Manifest } from '../../core/contract/plugin.ts';
import { GatewayError, toError } from '../../core/errors.ts';
import type { StoredValues } from '../settings/stored-values.ts';
import type { DiscoveredPlugin } from './discovered-plugin.ts';

/** A plugin as its adapter reads it with the values stored for it. */
export async function withStored(
  item: DiscoveredPlugin & { readonly manifest: Manifest; readonly adapter: Adapter },
  source: Source,
  host: Host,
  stored: StoredValues | undefined,
): Promise<DiscoveredPlugin> {
  if (!stored?.has(item.id)) return item;
  const { manifest: plain, adapter, ...rest } = item;
  try {
    const entry = await stored.merge(plain, item.config.id, source.entry);
    const manifest = (await adapter.read({ ...source, entry }, host))?.find(({ id }) => id === item.id);
    return manifest ? { ...item, config: { ...item.config, entry }, manifest } : item;
  } catch (thrown) {
    const message = toError(thrown).message;
    const error = thrown instanceof GatewayError ? thrown : new GatewayError('MANIFEST_INVALID', message, { plugin: item.id });
    return { ...rest, ...(plain.guards ? { guards: true } : {}), error };
  }
}
