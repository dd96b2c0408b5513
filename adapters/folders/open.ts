import type { Host } from '../../src/core/contract/host.ts';
import { emptyOffer, type Manifest, type Offer, type Plugin } from '../../src/core/contract/plugin.ts';
import type { FolderManifest } from './read/to-manifest.ts';

/** Opens the texts of a folder. It is ready at once and has no process. */
export async function openFolder(manifest: Manifest, _host: Host): Promise<Plugin> {
  const { declared } = manifest as FolderManifest;
  const offer: Offer = { ...emptyOffer, facts: declared.facts };
  let isClosed = false;
  return {
    manifest,
    offer: () => offer,
    state: () => (isClosed ? 'closed' : 'ready'),
    start: async () => undefined,
    onChange: () => undefined,
    async close() {
      isClosed = true;
    },
  };
}
