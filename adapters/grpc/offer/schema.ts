import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { commentOf } from './comments.ts';
import { type Direction, enumSchema, isObjectForm, keySchema, oneofNote, scalarSchema, wellKnownSchema } from './schema-types.ts';

/** Characters of one schema: what a model can be expected to read, and a registry of clients accepts. */
const MAX_LENGTH = 64 * 1024;
/** Messages of more levels cannot be encoded. */
const MAX_LEVELS = 100;
/** Levels that a schema keeps if it has to be cut; fewer if that is still too long. */
const CUT_LEVELS = 4;

/** The JSON Schema of a message. */
export interface MessageSchema {
  readonly schema: JsonObject;
  /** Whether deeper parts are left out. */
  readonly isCut: boolean;
}

/** Writes schemas, each message once. `budget`: characters in all; when they are used up, schemas are `{"type":"object"}`. */
export function createSchemas(budget: number) {
  const known = { in: new Map<DescMessage, MessageSchema>(), out: new Map<DescMessage, MessageSchema>() };
  let left = budget;
  const write = (desc: DescMessage, direction: Direction): MessageSchema => {
    for (let levels = MAX_LEVELS; levels >= 0; levels = Math.min(levels, CUT_LEVELS + 1) - 1) {
      const writer = new Writer(direction, levels, Math.min(MAX_LENGTH, left));
      const schema = writer.root(desc);
      left -= writer.length;
      if (schema) return { schema, isCut: writer.isCut };
    }
    return { schema: { type: 'object' }, isCut: true };
  };
  return (desc: DescMessage, direction: Direction): MessageSchema => {
    const found = known[direction].get(desc) ?? write(desc, direction);
    known[direction].set(desc, found);
    return found;
  };
}

class TooLong extends Error {}

class Writer {
  readonly #direction: Direction;
  readonly #levels: number;
  readonly #max: number;
  readonly #defs = new Map<string, JsonObject>();
  length = 0;
  isCut = false;

  constructor(direction: Direction, levels: number, max: number) {
    this.#direction = direction;
    this.#levels = levels;
    this.#max = max;
  }

  /** Undefined if it is too long. */
  root(desc: DescMessage): JsonObject | undefined {
    try {
      const schema = isObjectForm(desc) ? this.#ownSchema(desc, 0) : this.#wrapped(desc);
      return this.#defs.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(this.#defs) };
    } catch (error) {
      if (error instanceof TooLong) return undefined;
      throw error;
    }
  }

  #wrapped(desc: DescMessage): JsonObject {
    return {
      type: 'object',
      properties: { value: this.#message(desc, 0) },
      ...(this.#direction === 'in' ? { required: ['value'] } : {}),
      additionalProperties: false,
    };
  }

  #message(desc: DescMessage, level: number): JsonObject {
    const standard = wellKnownSchema(desc, this.#direction);
    if (standard) return this.#count(standard);
    if (level > this.#levels) {
      this.isCut = true;
      return this.#count({ type: 'object', description: `${desc.typeName} (not shown: nested too deep)` });
    }
    if (!this.#defs.has(desc.typeName)) {
      this.#defs.set(desc.typeName, {});
      this.#spend(desc.typeName.length);
      this.#defs.set(desc.typeName, this.#ownSchema(desc, level));
    }
    return this.#count({ $ref: `#/$defs/${desc.typeName}` });
  }

  #ownSchema(desc: DescMessage, level: number): JsonObject {
    const standard = wellKnownSchema(desc, this.#direction);
    if (standard) return this.#count(standard);
    const description = commentOf(desc);
    const required = desc.fields.filter(({ presence }) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED);
    const spelled = this.#direction === 'in' ? desc.fields.filter(({ name, jsonName }) => name !== jsonName).map(({ name }) => name) : [];
    // A required field under its other spelling is found by the encoder, which knows both.
    const needed = required.filter(({ name, jsonName }) => name === jsonName || this.#direction === 'out').map(({ jsonName }) => jsonName);
    const either = required.filter(({ jsonName }) => !needed.includes(jsonName));
    return this.#count({
      type: 'object',
      ...(description === '' ? {} : { description }),
      properties: Object.fromEntries(desc.fields.map((field) => [field.jsonName, this.#field(field, level + 1)])),
      ...(needed.length === 0 ? {} : { required: needed }),
      ...(either.length === 0
        ? {}
        : { allOf: either.map(({ name, jsonName }) => ({ anyOf: [{ required: [jsonName] }, { required: [name] }] })) }),
      ...(spelled.length === 0 ? {} : { patternProperties: { [`^(${spelled.join('|')})$`]: {} } }),
      ...(desc.proto.extensionRange.length > 0 ? {} : { additionalProperties: false }),
    });
  }

  #field(field: DescField, level: number): JsonObject {
    const schema = this.#type(field, level);
    const notes = [commentOf(field), oneofNote(field), field.proto.options?.deprecated ? '[deprecated]' : undefined];
    const description = [...notes, schema.description].filter((text) => typeof text === 'string' && text !== '').join('\n');
    if (description === '') return schema;
    this.#spend(description.length);
    return { ...schema, description };
  }

  #type(field: DescField, level: number): JsonObject {
    switch (field.fieldKind) {
      case 'scalar':
        return this.#count(scalarSchema(field.scalar, this.#direction));
      case 'enum':
        return this.#count(enumSchema(field.enum));
      case 'message':
        return this.#message(field.message, level);
      case 'list':
        return { type: 'array', items: this.#element(field, level) };
      case 'map':
        return { type: 'object', ...keySchema(field.mapKey), additionalProperties: this.#element(field, level) };
    }
  }

  #element(field: DescField & { readonly fieldKind: 'list' | 'map' }, level: number): JsonObject {
    if (field.message) return this.#message(field.message, level);
    if (field.enum) return this.#count(enumSchema(field.enum));
    return this.#count(scalarSchema(field.scalar as never, this.#direction));
  }

  // Counts what a part adds; its nested parts have been counted before.
  #count(schema: JsonObject): JsonObject {
    this.#spend(JSON.stringify(schema, (key, value) => (key === 'properties' ? Object.keys(value) : value)).length);
    return schema;
  }

  #spend(length: number): void {
    this.length += length;
    if (this.length > this.#max) throw new TooLong();
  }
}
