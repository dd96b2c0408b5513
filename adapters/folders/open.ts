import type { Host } from '../../src/core/contract/host.ts';
import type { Manifest, Plugin } from '../../src/core/contract/plugin.ts';
import { buildOffer } from './offer/build-offer.ts';
import type { FolderManifest } from './read/to-manifest.ts';

/** Opens the texts of a folder. It is ready at once and has no process. */
export async function openFolder(manifest: Manifest, host: Host): Promise<Plugin> {
  const { declared, folder } = manifest as FolderManifest;
  const offer = await buildOffer(declared, folder, manifest.id, host);
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
