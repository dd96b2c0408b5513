import { type DescMessage, type DescMethod, fromBinary, fromJson, type Registry, toBinary, toJson } from '@bufbuild/protobuf';
import type { Content, ToolResult } from '../../../src/core/contract/content.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.ts';
import { imagesOf } from '../../../src/host/images.ts';
import { isObjectForm } from '../offer/schema-types.ts';
import { toLibraryNumbers } from './numbers.ts';
import { type Budget, createBudget } from './weigh.ts';

/** Bytes of a response that an error shows: more are of no use to a model. */
const MAX_SHOWN_BYTES = 6 * 1024;

/** Converts the arguments and messages of one method. */
export interface Codec {
  /** Throws ARGUMENTS_INVALID. */
  encode(args: JsonObject): Buffer;
  /** The message as JSON. Throws RESULT_INVALID or RESULT_TOO_LARGE. `budget`: of its call. */
  decode(bytes: Buffer, budget: Budget): JsonValue;
  /** What the result of one call may have. */
  budget(): Budget;
}

/** Creates the codec of a method. `zeros`: results contain fields with default values. */
export function createCodec({ input, output }: DescMethod, registry: Registry, zeros: boolean): Codec {
  const isWrapped = !isObjectForm(input);
  return {
    encode(args) {
      try {
        const value = toLibraryNumbers(isWrapped ? (args.value ?? null) : args, input);
        return Buffer.from(toBinary(input, fromJson(input, value as never, { registry })));
      } catch (error) {
        throw new GatewayError('ARGUMENTS_INVALID', `The arguments do not fit ${input.typeName}: ${reasonOf(error)}.`, { cause: error });
      }
    },
    budget: () => createBudget(registry, zeros),
    decode(bytes, budget) {
      let message: ReturnType<typeof fromBinary>;
      try {
        budget.spend(output, bytes);
        message = fromBinary(output, bytes);
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        throw new GatewayError('RESULT_INVALID', `The server's response is no valid ${output.typeName}: ${reasonOf(error)}.`, {
          fix: 'Check that the descriptors are those of the running server.',
          cause: error,
        });
      }
      try {
        return toJson(output, message, { registry, alwaysEmitImplicit: zeros }) as JsonValue;
      } catch (error) {
        const what = `The response cannot be written as JSON: ${reasonOf(error)}. As base64 of ${output.typeName}`;
        throw new GatewayError('RESULT_INVALID', `${what}: ${bytes.subarray(0, MAX_SHOWN_BYTES).toString('base64')}`, {
          fix: 'Give "descriptors" that contain the type that is named.',
          cause: error,
        });
      }
    },
  };
}

// The library's texts begin with the name of the whole type.
function reasonOf(error: unknown): string {
  return toError(error).message.replace(/^cannot (?:de|en)code (?:message )?\S+ (?:from|to) (?:JSON|binary): /, '');
}

/** Whether the responses of a type say nothing. */
export function isEmpty({ fields, proto }: DescMessage): boolean {
  return fields.length === 0 && proto.extensionRange.length === 0;
}

/** The result of a unary call. */
export function toUnaryResult({ output }: DescMethod, value: JsonValue): ToolResult {
  if (isEmpty(output)) return { content: [{ type: 'text', text: 'OK' }] };
  return toResult(isObjectForm(output) ? (value as JsonObject) : { value });
}

/** The result of a streaming call. */
export function toStreamResult(messages: readonly JsonValue[], notes: readonly string[] = []): ToolResult {
  const result = toResult({ messages: [...messages] });
  return { ...result, content: [...result.content, ...notes.map((text): Content => ({ type: 'text', text }))] };
}

function toResult(structured: JsonObject): ToolResult {
  const { text, images } = imagesOf(JSON.stringify(structured));
  return { content: [{ type: 'text', text }, ...images], structured };
}
