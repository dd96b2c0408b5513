import type { Content, ResourceContents, ToolResult } from '../../core/contract/content.ts';
import type { Completion, PromptMessage, PromptResult } from '../../core/contract/prompt.ts';
import type { ReadResult } from '../../core/contract/resource.ts';
import { GatewayError } from '../../core/errors.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonValue } from '../../core/json/json.ts';
import { mapTexts } from '../../core/text/map-texts.ts';
import { cleanText } from '../../registry/offer/clean.ts';
import { checkPlain, type OutputLimits } from '../result/check-result.ts';
import { admitObject, checkBlock, checkContents, expectObject, ShapeFault } from '../result/shapes.ts';

/**
 * Removes null members and `_meta` keys that only the gateway may set from a tool's result. Does not validate the result.
 * Returns the same object if there is nothing to remove, which is the usual case.
 */
export function admitResult(result: ToolResult): ToolResult {
  try {
    if (!isJsonObject(result) || !Array.isArray(result.content)) return result;
    const { content, isError, meta } = result;
    const blocks = admitBlocks(content);
    const changed = blocks !== content;
    const own = isJsonObject(meta) ? admitObject({ _meta: meta })._meta : meta;
    if (!changed && own === meta && meta !== null && isError !== null) return result;
    const { isError: _, meta: __, ...rest } = result;
    return {
      ...rest,
      content: blocks,
      ...(isError === null || isError === undefined ? {} : { isError }),
      ...(own === null || own === undefined ? {} : { meta: own }),
    };
  } catch {
    // `checkResult`, which follows, reports what getters and proxies throw.
    return result;
  }
}

// Returns the same list if no block changes.
function admitBlocks(blocks: readonly Content[]): readonly Content[] {
  for (const block of blocks) if (admitBlock(block) !== block) return blocks.map(admitBlock);
  return blocks;
}

function admitBlock(block: Content): Content {
  return admitObject(block, 'resource' as keyof Content);
}

/** Validates a fetched prompt, removes reserved `_meta` keys and escapes hidden characters. Throws RESULT_INVALID. */
export function admitPrompt(name: string, prompt: PromptResult, limits: OutputLimits): PromptResult {
  return passing(`The prompt ${name} cannot be passed on`, () => {
    expectObject(prompt, 'what the plugin returned');
    const { messages, description, meta } = prompt;
    if (!Array.isArray(messages)) throw new ShapeFault('it has no list of messages');
    if (description !== undefined && description !== null && typeof description !== 'string')
      throw new ShapeFault('its description is not a string');
    if (meta !== undefined && meta !== null) expectObject(meta, 'its "_meta"');
    const admitted: PromptResult = {
      ...(typeof description === 'string' ? { description } : {}),
      messages: messages.map(admitMessage),
      ...(isJsonObject(meta) ? { meta: admitObject({ _meta: meta })._meta } : {}),
    };
    checkPlain(admitted, limits);
    return mapTexts(admitted as unknown as JsonValue, cleanText) as unknown as PromptResult;
  });
}

function admitMessage(message: PromptMessage): PromptMessage {
  expectObject(message, 'one of its messages');
  const { role } = message;
  if (role !== 'user' && role !== 'assistant') throw new ShapeFault('the role of one of its messages is neither "user" nor "assistant"');
  const content = admitBlock(message.content);
  checkBlock(content);
  return { role, content };
}

/** Validates the contents of a resource and removes reserved `_meta` keys. Throws RESULT_INVALID. */
export function admitRead(given: readonly ResourceContents[] | ReadResult, limits: OutputLimits): ReadResult {
  return passing('The resource cannot be passed on', () => {
    const { contents, meta } = Array.isArray(given) ? { contents: given } : (given as ReadResult);
    if (!Array.isArray(contents)) throw new ShapeFault('it has no list of contents');
    if (meta !== undefined) expectObject(meta, 'its "_meta"');
    const admitted = contents.map((item) => admitObject(item as ResourceContents));
    for (const item of admitted) checkContents(item, 'one of its contents');
    checkPlain(admitted, limits);
    const own = meta && admitObject({ _meta: meta })._meta;
    if (own !== undefined) checkPlain(own, limits);
    return { contents: admitted, meta: own };
  });
}

/** Validates completion values. `total` and `hasMore` are passed on if the plugin returned them. */
export function admitCompletion(given: readonly string[] | Completion): Completion {
  return passing('The completion cannot be passed on', () => {
    const isBare = Array.isArray(given);
    const { values, total, hasMore } = isBare ? { values: given, total: given.length, hasMore: false } : (given as Completion);
    if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) throw new ShapeFault('it is not a list of strings');
    return {
      values,
      total: typeof toDouble(total) === 'number' ? total : undefined,
      hasMore: typeof hasMore === 'boolean' ? hasMore : undefined,
    };
  });
}

function passing<T>(what: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'RESULT_TOO_LARGE') throw error;
    const why = error instanceof GatewayError ? error.message : (error as Error).message;
    const cause = error instanceof ShapeFault || error instanceof GatewayError ? why : `it cannot be read: ${why}`;
    throw new GatewayError('RESULT_INVALID', `${what}: ${cause}${/[.!?]$/.test(cause) ? '' : '.'}`);
  }
}
