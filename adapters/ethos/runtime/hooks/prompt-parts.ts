import { asObject } from '../../../../src/core/json/json.ts';
import type { EthosHandler, EthosInjector } from '../format.ts';
import { runModifying } from './hooks.ts';

/** Who the prompt is composed for. */
export interface PromptReader {
  readonly sessionId: string;
  readonly profile: string;
  readonly turn: number;
  readonly workingDir: string;
}

/** Composes what a plugin adds to the system prompt: its injectors by priority, then its `before_prompt_build` hooks. */
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
      // As in the original: among those put in front, the one with the lowest priority ends on top.
      if (position === 'prepend') parts.unshift(content);
      else parts.push(content);
    } catch (error) {
      failed(`the injector "${injector.id ?? ''}"`, error);
    }
  }
  const payload = () => ({ sessionId: reader.sessionId, personalityId: reader.profile, history: [] });
  const said = await runModifying(hooks, payload, (error) => failed('a before_prompt_build hook', error));
  if (said.overrideSystem !== undefined)
    failed('a before_prompt_build hook', new Error('"overrideSystem" is ignored: the prompt is the client\'s own'));
  const around = [said.prependSystem, ...parts, said.appendSystem];
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
