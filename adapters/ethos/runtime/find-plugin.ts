import { GatewayError } from '../../../src/core/errors.ts';
import type { EthosReport } from '../report.ts';

/** The functions of a plugin, and how its module exports them. */
export interface FoundPlugin {
  readonly shape: EthosReport['shape'];
  activate(api: object): unknown;
  deactivate?(): unknown;
}

type Exports = Record<string, unknown>;

/** Finds `activate` in a module: as a named export, in an export `plugin`, or in the default export, in this order. */
export function findPlugin(exports: Exports): FoundPlugin {
  const inner = exports.default;
  const found =
    hold(exports, 'activate') ??
    hold(exports.plugin, 'plugin') ??
    hold(inner, 'default') ??
    hold(isObject(inner) && inner.plugin, 'plugin') ??
    // Some loaders wrap the default export in another default.
    hold(isObject(inner) && inner.default, 'default');
  if (found) return found;
  const names = [...new Set([...Object.keys(exports), ...(isObject(inner) ? Object.keys(inner) : [])])];
  const seen = `It exports ${names.length > 0 ? names.join(', ') : 'nothing'}.`;
  if (names.includes('register')) {
    throw new GatewayError('MANIFEST_INVALID', `The module is not an Ethos plugin: it has register() but no activate(). ${seen}`, {
      fix: 'Remove it from mcp.json: it is a plugin of another framework.',
    });
  }
  throw new GatewayError(
    'MANIFEST_INVALID',
    `The module exports no activate(), neither directly nor in "plugin" or its default export. ${seen}`,
    {
      fix: 'Export a function activate(api).',
    },
  );
}

function hold(holder: unknown, shape: FoundPlugin['shape']): FoundPlugin | undefined {
  if (!isObject(holder) || typeof holder.activate !== 'function') return undefined;
  const plugin = holder as unknown as FoundPlugin;
  return {
    shape,
    activate: (api) => plugin.activate(api),
    ...(typeof holder.deactivate === 'function' ? { deactivate: () => plugin.deactivate?.() } : {}),
  };
}

function isObject(value: unknown): value is Exports {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
