import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { Resource } from '../../../src/core/contract/resource.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';

/** A resource with the same facts and problems that `doctor` prints. */
export function reportResource(id: string, contract: string, facts: JsonObject, problems: readonly Problem[]): Resource {
  const uri = `plugin://${encodeURIComponent(id)}/report`;
  return {
    uri,
    name: `${id} report`,
    description: 'How the plugin was loaded, what it registered, and what does not work or is not supported.',
    mimeType: 'application/json',
    masked: true,
    read: async () => [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, contract, ...facts, problems }) }],
  };
}
