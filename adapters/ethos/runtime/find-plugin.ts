import { GatewayError } from '../../../src/core/errors.ts';
import type { EthosReport } from '../report.ts';

/** The two functions of a plugin, and how its module offered them. */
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
    // A loader may have put a default around a default.
    hold(isObject(inner) && inner.default, 'default');
  if (found) return found;
  const names = [...new Set([...Object.keys(exports), ...(isObject(inner) ? Object.keys(inner) : [])])];
  const seen = `It exports ${names.length > 0 ? names.join(', ') : 'nothing'}.`;
  if (names.includes('register')) {
    throw new GatewayError('MANIFEST_INVALID', `This is no Ethos plugin: it has register() and no activate(). ${seen}`, {
      fix: 'It belongs to another plugin family; take it out of mcp.json.',
    });
  }
  throw new GatewayError(
    'MANIFEST_INVALID',
    `The module has no activate(), neither by itself nor in "plugin" or in its default export. ${seen}`,
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
