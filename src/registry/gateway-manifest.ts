import type { Manifest } from '../core/contract/plugin.ts';
import { VERSION } from '../core/package.ts';

/** What the gateway itself offers comes from here; no plugin is ever this one. */
export const GATEWAY_MANIFEST: Manifest = {
  id: 'plugmux',
  title: 'plugmux',
  version: VERSION,
  adapter: 'plugmux',
  origin: '',
  watch: [],
  digest: '',
};
