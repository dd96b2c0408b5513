import { GatewayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { showName } from '../../core/text/text.ts';
import type { PromptEntry } from '../../registry/catalogue/catalogue.ts';
import type { View } from './view.ts';

/** A prompt by its public name. Throws INVALID_PARAMS if the view has no such prompt, or a required argument is missing. */
export function findPrompt({ prompts }: View, name: string, args: Readonly<Record<string, string>>): PromptEntry {
  const entry = prompts.get(name);
  if (!entry) throw unknown('INVALID_PARAMS', 'prompt', name, prompts.keys());
  const missing = (entry.prompt.arguments ?? []).filter((a) => a.required && args[a.name] === undefined).map((a) => a.name);
  if (missing.length > 0) throw new GatewayError('INVALID_PARAMS', `The prompt ${name} needs ${missing.join(', ')}.`);
  return entry;
}

/** The error for an unknown name, with a similar known one. */
export function unknown(code: 'UNKNOWN_TOOL' | 'INVALID_PARAMS', kind: string, name: string, known: Iterable<string>): GatewayError {
  return new GatewayError(code, `Unknown ${kind}: ${showName(name)}.${didYouMean(name, known)}`);
}
