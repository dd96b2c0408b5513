import type { Adapter } from '../../src/core/contract/adapter.ts';
import type { AdminDetails } from '../../src/core/contract/admin.ts';
import type { ScaiWaveReport } from './report.ts';

/** The error codes of ScaiWave's server. Its clients react to them. */
export const ADMIN_CODES: NonNullable<Adapter['adminCodes']> = {
  UNAUTHENTICATED: 'SW_AUTH_INVALID_TOKEN',
  FORBIDDEN: 'SW_AUTH_INSUFFICIENT_PERMISSION',
  RATE_LIMITED: 'SW_RATE_LIMIT_EXCEEDED',
  INVALID_PARAMS: 'SW_BAD_REQUEST',
  METHOD_NOT_ALLOWED: 'SW_METHOD_NOT_ALLOWED',
  NOT_FOUND: 'SW_NOT_FOUND',
  PLUGIN_NOT_FOUND: 'SW_PLUGIN_NOT_FOUND',
  GROUP_NOT_FOUND: 'SW_ROOM_NOT_FOUND',
  OPEN_FAILED: 'SW_PLUGIN_INSTALL_FAILED',
  INTERNAL: 'SW_INTERNAL',
};

/** The plugin as ScaiWave's server shows it to administrators. `granted`: the permissions that the configuration grants. */
export function toAdminDetails(report: ScaiWaveReport, granted: readonly string[]): AdminDetails {
  const { id, name, version, description, scope, permissions } = report;
  return {
    authorId: id,
    name,
    version,
    description,
    ...(scope === null ? {} : { scope }),
    addsInstructions: report.injectsContext,
    permissions: [...permissions],
    granted: granted.filter((permission) => permissions.includes(permission)),
    tools: [...report.tools, ...report.dynamic].map((tool) => ({
      name: tool.name,
      ...(tool.usage ? { usage: tool.usage } : {}),
      permissions: [...(tool.permissions ?? permissions)],
      ...(tool.sideEffects === undefined ? { dynamic: true } : {}),
    })),
  };
}
