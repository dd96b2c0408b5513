import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../../src/core/contract/member.ts';
import type { CallPreview } from '../../src/core/contract/tool.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json.ts';

/** A late preview is omitted, because the user waits for the question. */
const MAX_MS = 3_000;

/** Requests a plugin's preview of a call for the approval question; undefined if it has none. */
export async function previewCall(member: Member, tool: string, args: JsonObject): Promise<CallPreview | undefined> {
  const timeout = new AbortController();
  const reply = member.request('preview', { tool, args }).catch(() => undefined);
  const preview = await Promise.race([reply, sleep(MAX_MS, undefined, { ref: false, signal: timeout.signal }).catch(() => undefined)]);
  timeout.abort();
  if (!isJsonObject(preview)) return undefined;
  return { text: typeof preview.text === 'string' ? preview.text : '', pointless: preview.pointless === true };
}
