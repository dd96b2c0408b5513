import type { DescField, DescMessage, Registry } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { GatewayError } from '../../../src/core/errors.ts';

/** Values of a result. Two bytes of a message become an object of a hundred, so the size alone is no limit. */
const MAX_VALUES = 500_000;
/** Below this many bytes, no result has that many values. */
const LIGHT_BYTES = 128 * 1024;
const MAX_LEVELS = 100;

/** What a result may still have. */
export interface Budget {
  /** Throws RESULT_TOO_LARGE if the values of a message, with those of the messages before it, are too many. */
  spend(desc: DescMessage, bytes: Uint8Array): void;
}

/** Creates the budget of one call. `zeros`: a message in the result has all its fields. */
export function createBudget(registry: Registry, zeros: boolean): Budget {
  let total = 0;
  let left = MAX_VALUES;
  const spend = (count: number): void => {
    left -= count;
    if (left < 0) throw new GatewayError('RESULT_TOO_LARGE', `The response has over ${MAX_VALUES} values.`, { fix: 'Request less data.' });
  };
  const weigh = (desc: DescMessage | undefined, bytes: Uint8Array, level: number): void => {
    spend(zeros ? 1 + (desc?.fields.length ?? 0) : 1);
    if (level > MAX_LEVELS) return;
    const reader = new BinaryReader(bytes);
    const fields = fieldsOf(desc);
    let type: string | undefined;
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      spend(1);
      if (wire !== WireType.LengthDelimited) {
        reader.skip(wire, no, MAX_LEVELS);
        continue;
      }
      const value = reader.bytes();
      const field = fields.get(no);
      if (desc?.typeName === 'google.protobuf.Any' && no === 1) type = Buffer.from(value).toString('utf8').split('/').at(-1);
      else if (desc?.typeName === 'google.protobuf.Any' && no === 2)
        weigh(type === undefined ? undefined : registry.getMessage(type), value, level + 1);
      else if (field?.fieldKind === 'map') weighEntry(field.message, value, level);
      else if (field?.message) weigh(field.message, value, level + 1);
      // A packed list has at most one value a byte.
      else if (field?.fieldKind === 'list' && !isText(field)) spend(value.byteLength);
    }
  };
  // The library has no descriptor of the entry of a map: key 1 and value 2.
  const weighEntry = (desc: DescMessage | undefined, bytes: Uint8Array, level: number): void => {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      spend(1);
      if (no === 2 && desc && wire === WireType.LengthDelimited) weigh(desc, reader.bytes(), level + 1);
      else reader.skip(wire, no, MAX_LEVELS);
    }
  };
  return {
    spend(desc, bytes) {
      total += bytes.byteLength;
      if (total <= LIGHT_BYTES && !zeros) return;
      weigh(desc, bytes, 0);
    },
  };
}

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();
const NONE: ReadonlyMap<number, DescField> = new Map();

function fieldsOf(desc: DescMessage | undefined): ReadonlyMap<number, DescField> {
  if (!desc) return NONE;
  const fields = known.get(desc) ?? new Map(desc.fields.map((field) => [field.number, field]));
  known.set(desc, fields);
  return fields;
}

function isText({ scalar }: DescField): boolean {
  // ScalarType.STRING and BYTES.
  return scalar === 9 || scalar === 12;
}
