import type { Manifest } from '../core/contract/plugin.ts';
import { VERSION } from '../core/package.ts';

/** The manifest under which the gateway offers its own tools. Never the manifest of a plugin. */
export const GATEWAY_MANIFEST: Manifest = {
  id: 'plugmux',
  title: 'plugmux',
  version: VERSION,
  adapter: 'plugmux',
  origin: '',
  watch: [],
  digest: '',
};
