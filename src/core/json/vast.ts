import { endOfString } from './json-text.ts';

/** A text contains too many values: parsing it would block the event loop for seconds. */
export class VastError extends Error {}

/** Texts up to this length are always parsed, in characters. */
const SHORT = 256 * 1024;
/** Arrays and objects cost the parser most. A longer text may have one for every 80 characters. */
const MAX_CONTAINERS = 200_000;
const PER_CONTAINER = 80;
const MAX_VALUES = 1_000_000;
const PER_VALUE = 16;
/** Most members of one object. */
const MAX_MEMBERS = 50_000;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Throws a `VastError` for a JSON text with too many values. Counts commas and brackets without parsing. */
export function refuseVast(text: string): void {
  if (text.length <= SHORT) return;
  const maxContainers = Math.max(MAX_CONTAINERS, text.length / PER_CONTAINER);
  const maxValues = Math.max(MAX_VALUES, text.length / PER_VALUE);
  const members = [0];
  let depth = 0;
  let containers = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) at = endOfString(text, at);
    else if (c === COMMA) {
      if (++values > maxValues) throw new VastError(`it contains more than ${Math.floor(maxValues)} values`);
    } else if (c === COLON) {
      const count = (members[depth] ?? 0) + 1;
      members[depth] = count;
      if (count > MAX_MEMBERS) throw new VastError(`one of its objects has more than ${MAX_MEMBERS} members`);
    } else if (c === OPEN_ARRAY || c === OPEN_OBJECT) {
      if (++containers > maxContainers) throw new VastError(`it contains more than ${Math.floor(maxContainers)} arrays and objects`);
      members[++depth] = 0;
    } else if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) depth--;
  }
}

/** Whether a value consists of more than `max` values, itself included. Stops counting there; not recursive. */
export function isVast(value: unknown, max: number): boolean {
  let count = 1;
  const open = [value];
  for (let node = open.pop(); open.length > 0 || node !== undefined; node = open.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    for (const key in node) {
      if (++count > max) return true;
      const item = (node as Record<string, unknown>)[key];
      if (typeof item === 'object' && item !== null) open.push(item);
    }
  }
  return false;
}
