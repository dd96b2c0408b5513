import { asObject } from '../../../../src/core/json/json.ts';
import type { EthosHandler, EthosInjector } from '../format.ts';
import { runModifying } from './hooks.ts';

/** The session that a prompt is composed for. */
export interface PromptReader {
  readonly sessionId: string;
  readonly profile: string;
  readonly turn: number;
  readonly workingDir: string;
}

/** Composes the plugin's additions to the system prompt: injectors by priority, then `before_prompt_build` hooks. */
export async function composePrompt(
  injectors: readonly EthosInjector[],
  hooks: readonly EthosHandler[] | undefined,
  reader: PromptReader,
  failed: (what: string, error: unknown) => void,
): Promise<string> {
  const parts: string[] = [];
  const byPriority = [...injectors].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  for (const injector of byPriority) {
    try {
      const ctx = toContext(reader);
      if (injector.shouldInject && !(await injector.shouldInject(ctx))) continue;
      const { content, position } = asObject(await injector.inject(ctx));
      if (typeof content !== 'string' || content.trim() === '') continue;
      // As in the original host, the prepended text with the lowest priority comes first.
      if (position === 'prepend') parts.unshift(content);
      else parts.push(content);
    } catch (error) {
      failed(`the injector "${injector.id ?? ''}"`, error);
    }
  }
  const payload = () => ({ sessionId: reader.sessionId, personalityId: reader.profile, history: [] });
  const merged = await runModifying(hooks, payload, (error) => failed('a before_prompt_build hook', error));
  if (merged.overrideSystem !== undefined)
    failed('a before_prompt_build hook', new Error('"overrideSystem" is ignored: the client owns the system prompt'));
  const around = [merged.prependSystem, ...parts, merged.appendSystem];
  return around.filter((part): part is string => typeof part === 'string' && part.trim() !== '').join('\n\n');
}

function toContext({ sessionId, profile, turn, workingDir }: PromptReader): object {
  return {
    sessionId,
    sessionKey: `mcp:${profile}`,
    platform: 'mcp',
    model: '',
    history: [],
    workingDir,
    isDm: true,
    turnNumber: turn,
    personalityId: profile,
    meta: {},
  };
}
