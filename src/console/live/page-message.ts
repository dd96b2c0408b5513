import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { type JsonCaps, parseMessage } from '../../core/json/json-scan.ts';
import type { PageMessage } from '../api/live-types.ts';

const CAPS: JsonCaps = { depth: 16, keys: 500, items: 500 };
const want = z.array(z.string().max(200)).max(20);

const MESSAGE = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('start'),
    key: z.string().max(512),
    revision: z.string().max(100).optional(),
    want,
    notices: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('want'), want }),
  z.strictObject({ type: z.literal('used'), visible: z.boolean(), notices: z.boolean() }),
  z.strictObject({ type: z.literal('answer'), id: z.string().max(100), answer: z.custom<JsonObject>(isJsonObject) }),
]);

/** What the page may send. Everything else ends its socket. */
export const pageMessageSchema: z.ZodType = MESSAGE;

/** Reads a message of the page; undefined if it is not valid. */
export function readPageMessage(bytes: Buffer): PageMessage | undefined {
  try {
    return MESSAGE.parse(parseMessage(bytes, bytes.toString(), CAPS)) as PageMessage;
  } catch {
    return undefined;
  }
}
