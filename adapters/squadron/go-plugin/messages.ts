import { readFields, textOf, WireError, writeBytes, writeText } from './protobuf.ts';

/** A tool in a plugin's list. Fields that an older plugin lacks are empty. */
export interface WireTool {
  readonly name: string;
  readonly description: string;
  readonly schemaJson: string;
  readonly outputSchemaJson: string;
  readonly idempotent: boolean;
}

/** Output of a plugin from the stdio service. */
export interface StdioData {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** Far above the number of tools that are served. */
const MAX_TOOLS = 20_000;

const EMPTY = Buffer.alloc(0);
const STDERR = 2;

/** A message without fields. */
export const writeEmpty = (): Buffer => EMPTY;
/** Ignores the contents of a message. */
export const readNothing = (): undefined => undefined;

/** `ConfigureRequest`: settings as a map. */
export function writeConfigure(settings: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(settings).map(([key, value]) => writeBytes(1, Buffer.concat([writeText(1, key), writeText(2, value)]))),
  );
}

/** `ConfigureResponse`: undefined on success, otherwise the error. */
export function readConfigure(message: Buffer): string | undefined {
  let success = false;
  let error = '';
  for (const field of readFields(message)) {
    if (field.number === 1) success = field.varint === 1;
    if (field.number === 2) error = textOf(field);
  }
  return success ? undefined : error || 'no reason given';
}

/** `CallRequest`. */
export function writeCall({ tool, payload }: { readonly tool: string; readonly payload: string }): Buffer {
  return Buffer.concat([writeText(1, tool), writeText(2, payload)]);
}

/** `CallResponse`. */
export function readCall(message: Buffer): string {
  let result = '';
  for (const field of readFields(message)) if (field.number === 1) result = textOf(field);
  return result;
}

/** `ListToolsResponse`. */
export function readTools(message: Buffer): WireTool[] {
  const tools: WireTool[] = [];
  for (const field of readFields(message)) {
    if (field.number !== 1 || !field.bytes) continue;
    // A tool can take only two bytes, so their number must be limited.
    if (tools.length >= MAX_TOOLS) throw new WireError(`it lists more than ${MAX_TOOLS} tools`);
    tools.push(readTool(field.bytes));
  }
  return tools;
}

function readTool(message: Buffer): WireTool {
  const texts = ['', '', '', '', ''];
  let idempotent = false;
  for (const field of readFields(message)) {
    if (field.number >= 1 && field.number <= 4) texts[field.number] = textOf(field);
    if (field.number === 5) idempotent = field.varint === 1;
  }
  const [, name = '', description = '', schemaJson = '', outputSchemaJson = ''] = texts;
  return { name, description, schemaJson, outputSchemaJson, idempotent };
}

/** `HealthCheckRequest` for the service that every plugin registers. */
export const writeHealth = (): Buffer => writeText(1, 'plugin');

/** `HealthCheckResponse`: whether it serves. */
export function readHealth(message: Buffer): boolean {
  let serving = false;
  for (const field of readFields(message)) if (field.number === 1) serving = field.varint === 1;
  return serving;
}

/** `StdioData`. */
export function readStdio(message: Buffer): StdioData {
  let stream: StdioData['stream'] = 'stdout';
  let data: Buffer = EMPTY;
  for (const field of readFields(message)) {
    if (field.number === 1) stream = field.varint === STDERR ? 'stderr' : 'stdout';
    if (field.number === 2 && field.bytes) data = field.bytes;
  }
  return { stream, data };
}
