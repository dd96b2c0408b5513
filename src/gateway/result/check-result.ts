import type { Content, ToolResult } from '../../core/contract/content.ts';
import { GatewayError } from '../../core/errors.ts';
import { ExactNumber } from '../../core/json/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { checkBlock, expectObject, ShapeFault } from './shapes.ts';

/** The limits of a result: total bytes, levels of nesting. */
export interface OutputLimits {
  readonly resultBytes: number;
  readonly resultDepth: number;
}

/**
 * Checks that clients can process a result: known content, plain data, within the limits. Returns its size in characters.
 * Throws RESULT_INVALID, also for errors in getters and proxies, or RESULT_TOO_LARGE.
 */
export function checkResult(result: ToolResult, limits: OutputLimits): number {
  try {
    if (!isJsonObject(result) || !Array.isArray(result.content)) throw invalid('it has no list of content');
    if (result.isError !== undefined && typeof result.isError !== 'boolean') throw invalid('its "isError" is not true or false');
    if (result.meta !== undefined) expectObject(result.meta, 'its "_meta"');
    const walker = new ResultWalker(limits);
    for (const block of result.content as readonly Content[]) {
      checkBlock(block);
      walker.visit(block, 1);
    }
    if (result.structured !== undefined) walker.visit(result.structured, 1);
    if (result.meta !== undefined) walker.visit(result.meta, 1);
    return walker.size;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    if (error instanceof ShapeFault) throw invalid(error.message);
    throw invalid(`it cannot be read: ${(error as Error).message}`);
  }
}

/** Throws RESULT_TOO_LARGE or RESULT_INVALID unless something a plugin returned is plain data within the limits. */
export function checkPlain(value: unknown, limits: OutputLimits): void {
  new ResultWalker(limits).visit(value, 1);
}

/** The error if a structured result does not match the tool's output schema; undefined if it matches or is not checked. */
export function checkOutputSchema(
  result: ToolResult,
  { name, outputChecker, output }: Pick<ToolEntry, 'name' | 'outputChecker' | 'output'>,
): GatewayError | undefined {
  if (output !== undefined && result.isError !== true && result.structured !== undefined && !isJsonObject(result.structured))
    return new GatewayError('RESULT_INVALID', `${name} ran, but its structured result is not the object that its output schema promises.`, {
      tool: name,
    });
  if (outputChecker === undefined || result.isError === true || !isJsonObject(result.structured)) return undefined;
  const fault = outputChecker.validate(result.structured);
  if (fault === undefined) return undefined;
  return new GatewayError('RESULT_INVALID', `${name} ran, but its result does not match its output schema: ${fault}.`, { tool: name });
}

/** Converts such a result to an error that keeps the content. Clients would reject the structured data. */
export function toSchemaErrorResult({ content, meta }: ToolResult, failure: GatewayError): ToolResult {
  return {
    content: [{ type: 'text', text: failure.message }, ...content],
    isError: true,
    meta: { ...meta, 'plugmux/error': failure.toObject() },
  };
}

function invalid(why: string): GatewayError {
  return new GatewayError('RESULT_INVALID', `The tool ran, but its result cannot be passed on: ${why}.`);
}

class ResultWalker {
  readonly #limits: OutputLimits;
  size = 0;

  constructor(limits: OutputLimits) {
    this.#limits = limits;
  }

  visit(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.#grow(value.length);
      case 'boolean':
      case 'undefined':
        return this.#grow(5);
      case 'number':
        if (!Number.isFinite(value)) throw invalid('it contains a number that JSON does not support (NaN or infinity)');
        return this.#grow(8);
      case 'object':
        return value === null ? this.#grow(4) : this.#visitObject(value, depth);
      default:
        throw invalid(`it contains a ${typeof value}`);
    }
  }

  #visitObject(value: object, depth: number): void {
    if (depth > this.#limits.resultDepth) throw invalid(`it is nested more than ${this.#limits.resultDepth} levels deep`);
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, depth + 1);
      return this.#grow(value.length);
    }
    if (value instanceof ExactNumber) return this.#visitExact(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw invalid('it contains an object that is not plain data');
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') throw invalid('it contains an object with a toJSON function');
    for (const key in value) {
      this.#grow(key.length + 4);
      this.visit((value as Record<string, unknown>)[key], depth + 1);
    }
  }

  #visitExact({ text, fault }: ExactNumber): void {
    if (fault !== undefined) throw invalid(`it contains a number that ${fault}`);
    this.#grow(text.length);
  }

  #grow(by: number): void {
    this.size += by;
    if (this.size > this.#limits.resultBytes) {
      throw new GatewayError('RESULT_TOO_LARGE', `The tool ran, but its result is larger than ${this.#limits.resultBytes} bytes.`);
    }
  }
}

/** Removes secrets from a failed result, because error messages often contain URLs with keys. */
export function redactResult({ content, structured, meta, ...result }: ToolResult, redactor: Redactor): ToolResult {
  const isData = ({ type }: Content): boolean => type === 'image' || type === 'audio';
  return {
    ...result,
    content: content.map((block) => (isData(block) ? block : (redactor.texts(block) as Content))),
    ...(structured === undefined ? {} : { structured: redactor.value(structured) as JsonValue }),
    ...(meta === undefined ? {} : { meta: redactor.texts(meta) as JsonObject }),
  };
}
