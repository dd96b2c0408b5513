import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../../src/core/contract/host.ts';
import type { CallPreview } from '../../src/core/contract/tool.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json.ts';

/** A person waits for the question; what comes later than this is left out of it. */
const MAX_MS = 3_000;

/** What a plugin itself says of one call of its tools, for the person who is asked; undefined where it says nothing. */
export async function previewCall(member: Member, tool: string, args: JsonObject): Promise<CallPreview | undefined> {
  const late = new AbortController();
  const told = member.request('preview', { tool, args }).catch(() => undefined);
  const preview = await Promise.race([told, sleep(MAX_MS, undefined, { ref: false, signal: late.signal }).catch(() => undefined)]);
  late.abort();
  if (!isJsonObject(preview)) return undefined;
  return { text: typeof preview.text === 'string' ? preview.text : '', pointless: preview.pointless === true };
}
