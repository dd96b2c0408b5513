import type { Manifest } from '../core/plugin.ts';
import type { Prompt } from '../core/prompt.ts';
import type { Resource } from '../core/resource.ts';

/** The prompt by which a person hands a plugin's instructions to the model. */
export function instructionsPrompt(manifest: Manifest, text: string): Prompt {
  const description = `How to use the tools of ${manifest.title ?? manifest.id}`;
  return {
    name: `${manifest.id}_instructions`,
    title: `${manifest.title ?? manifest.id}: instructions`,
    description,
    get: async () => ({
      description,
      messages: [{ role: 'user', content: { type: 'text', text } }],
    }),
  };
}

/** The same text as a resource. */
export function instructionsResource(manifest: Manifest, text: string): Resource {
  const uri = instructionsUri(manifest);
  return {
    uri,
    name: `${manifest.id} instructions`,
    title: `${manifest.title ?? manifest.id}: instructions`,
    mimeType: 'text/markdown',
    size: Buffer.byteLength(text),
    read: async () => [{ uri, mimeType: 'text/markdown', text }],
  };
}

/** Where a plugin's instructions can be read. */
export function instructionsUri({ id }: Manifest): string {
  return `plugin://${encodeURIComponent(id)}/instructions`;
}
