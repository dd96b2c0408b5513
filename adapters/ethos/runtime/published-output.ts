import { toError } from '../../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { parseText } from '../../../src/core/json/json-text.ts';
import type { EthosResult } from './format.ts';
import { failure } from './result.ts';

type Validate = ((data: unknown) => boolean) & { errors?: readonly { instancePath: string; message?: string }[] | null };

/** Validates results against a published output schema. Compiled in the plugin's process, so a bad schema cannot harm others. */
export class PublishedOutput {
  readonly #compiled = new Map<string, Validate>();

  /** Returns the result with structured data, parsed from its text if needed, or a failure if it violates the schema. */
  async conform(result: EthosResult, schema: JsonObject): Promise<EthosResult> {
    if (!result.ok) return result;
    const structured = result.structured ?? parse(result.value);
    if (!isJsonObject(structured)) return mismatch('it has no structured data');
    let validate: Validate;
    try {
      validate = await this.#compile(schema);
    } catch (error) {
      return mismatch(`the schema cannot be used: ${toError(error).message}`);
    }
    if (validate(structured)) return { ...result, structured };
    const [first] = validate.errors ?? [];
    return mismatch(`${first?.instancePath || 'the result'} ${first?.message ?? 'is wrong'}`);
  }

  async #compile(schema: JsonObject): Promise<Validate> {
    const key = JSON.stringify(schema);
    const known = this.#compiled.get(key);
    if (known) return known;
    const { Ajv2020 } = await import('ajv/dist/2020.js');
    const { $id: _, $schema: __, ...plain } = schema;
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(plain) as Validate;
    this.#compiled.set(key, validate);
    return validate;
  }
}

function mismatch(why: string): EthosResult {
  return failure(`The tool ran, but its result does not match the output schema it publishes: ${why}.`, 'execution_failed');
}

function parse(text: string): unknown {
  try {
    return parseText(text);
  } catch {
    return undefined;
  }
}
