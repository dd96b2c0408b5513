import type { Manifest } from '../../core/contract/plugin.ts';
import type { Prompt } from '../../core/contract/prompt.ts';
import type { Resource } from '../../core/contract/resource.ts';
import type { CallContext } from '../../core/contract/tool.ts';

/** A plugin's instructions: the initial text, and the text at the time of a read. */
export interface Instructions {
  readonly text: string;
  readonly now: (ctx: CallContext) => Promise<string>;
  /** Whether the plugin's code generates the text. */
  readonly composed: boolean;
}

/** The prompt with which a user gives a plugin's instructions to the model. */
export function instructionsPrompt(manifest: Manifest, { now, composed }: Instructions): Prompt {
  const description = `How to use the tools of ${manifest.title ?? manifest.id}`;
  return {
    name: `${manifest.id}_instructions`,
    title: `${manifest.title ?? manifest.id}: instructions`,
    description,
    composed,
    get: async (_, ctx) => ({
      description,
      messages: [{ role: 'user', content: { type: 'text', text: await now(ctx) } }],
    }),
  };
}

/** The same text as a resource. */
export function instructionsResource(manifest: Manifest, { text, now, composed }: Instructions): Resource {
  const uri = instructionsUri(manifest);
  return {
    uri,
    name: `${manifest.id} instructions`,
    title: `${manifest.title ?? manifest.id}: instructions`,
    mimeType: 'text/markdown',
    size: Buffer.byteLength(text),
    composed,
    read: async (ctx) => [{ uri, mimeType: 'text/markdown', text: await now(ctx) }],
  };
}

/** The URI of a plugin's instructions. */
export function instructionsUri({ id }: Manifest): string {
  return `plugin://${encodeURIComponent(id)}/instructions`;
}
