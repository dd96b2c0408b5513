import type { DescMessage } from '@bufbuild/protobuf';
import { ExactNumber } from '../../../src/core/json/exact-number.ts';
import { holdsExact, toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonValue } from '../../../src/core/json/json.ts';

const FREE = /^google\.protobuf\.(Struct|Value|ListValue)$/;

/**
 * Copies arguments for the library, which knows no exact numbers: a number that a double would round becomes its digits as text,
 * which the library reads into 64-bit fields and checks against their range. Values without a type are doubles in protobuf.
 */
export function toLibraryNumbers(value: JsonValue, desc: DescMessage | undefined): JsonValue {
  if (!holdsExact(value)) return value;
  if (value instanceof ExactNumber) return value.isWhole && value.doubleFault !== undefined ? value.text : toDouble(value);
  if (desc !== undefined && FREE.test(desc.typeName)) return toFree(value);
  if (Array.isArray(value)) return value.map((item) => toLibraryNumbers(item, desc));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const field = desc?.fields.find(({ name, jsonName }) => name === key || jsonName === key);
      if (field?.fieldKind === 'map' && isJsonObject(item)) {
        const { message } = field;
        return [key, Object.fromEntries(Object.entries(item).map(([k, v]) => [k, toLibraryNumbers(v, message)]))];
      }
      return [key, toLibraryNumbers(item, field?.message)];
    }),
  );
}

function toFree(value: JsonValue): JsonValue {
  if (value instanceof ExactNumber) return toDouble(value);
  if (Array.isArray(value)) return value.map(toFree);
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toFree(item)])) : value;
}
