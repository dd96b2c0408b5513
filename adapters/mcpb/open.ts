import { emptyOffer, type Manifest, type Offer, type Plugin } from '../../src/core/contract/plugin.ts';
import type { Prompt } from '../../src/core/contract/prompt.ts';
import { escapeHidden } from '../../src/core/text/hidden.ts';
import type { BundlePrompt } from './read/bundle.ts';
import type { BundleManifest } from './read/read-bundle.ts';
import { expandArguments } from './read/variables.ts';

/** Opens the texts of a bundle. It has no process: its server is a plugin of its own. */
export function openBundle(manifest: Manifest): Plugin {
  const { bundle, facts } = manifest as BundleManifest;
  const offer: Offer = { ...emptyOffer, prompts: bundle.prompts.map(toPrompt), facts };
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

function toPrompt({ name, description, text, arguments: names }: BundlePrompt): Prompt {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(names.length === 0 ? {} : { arguments: names.map((argument) => ({ name: argument })) }),
    // The server may list the same prompt, and knows better.
    standsIn: true,
    async get(given) {
      const filled = escapeHidden(expandArguments(text, names, given));
      return {
        ...(description === undefined ? {} : { description }),
        messages: [{ role: 'user', content: { type: 'text', text: filled } }],
      };
    },
  };
}
