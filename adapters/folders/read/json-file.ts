import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { findNodeAtLocation, type JSONPath, type ParseError, parseTree } from 'jsonc-parser';
import { GatewayError } from '../../../src/core/errors.ts';
import { fileFault } from '../../../src/core/file-fault.ts';
import { isJsonObject, type JsonObject } from '../../../src/core/json/json.ts';
import { JsonError, parseJson } from '../../../src/core/json/json-scan.ts';

const CAPS = { depth: 64, keys: 20_000, items: 100_000 };

/** Of one text that a plugin brings: manifests, commands, context files. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** A JSON object of a plugin and the places of its values. */
export interface JsonFile {
  readonly value: JsonObject;
  /** `file:line:column` of a value, or of its nearest parent; the file is relative to the plugin. */
  at(path: JSONPath): string;
}

/** Reads a JSON object. Throws MANIFEST_INVALID that names the place. */
export function readJsonFile(root: string, file: string): JsonFile {
  const name = relative(root, file);
  const text = readText(root, file);
  let value: unknown;
  try {
    value = parseJson(text, CAPS);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw invalid(`${name}${placeOf(text, error)}: ${error.fault === 'syntax' ? 'not valid JSON' : error.message}.`);
  }
  if (!isJsonObject(value)) throw invalid(`${name}: it is not a JSON object.`);
  return {
    value,
    at(path) {
      const tree = parseTree(text);
      for (let n = path.length; n > 0; n--) {
        const node = tree && findNodeAtLocation(tree, path.slice(0, n));
        if (node) return `${name}:${lineOf(text, (node.parent?.type === 'property' ? node.parent : node).offset)}`;
      }
      return `${name}:1:1`;
    },
  };
}

/** A text file of a plugin, without a byte order mark. Throws MANIFEST_INVALID if it cannot be read. */
export function readText(root: string, file: string): string {
  const name = relative(root, file);
  try {
    const { size } = statSync(file);
    if (size > MAX_TEXT_BYTES) throw invalid(`${name}: its ${size} bytes exceed the limit of ${MAX_TEXT_BYTES}.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw invalid(`${name} cannot be read: ${fileFault(error)}.`);
  }
}

/** `line:column` of an offset. */
export function lineOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split('\n').length}:${offset - before.lastIndexOf('\n')}`;
}

// The message of JSON.parse has no place in every version of Node, and quotes the text.
function placeOf(text: string, { fault }: JsonError): string {
  if (fault !== 'syntax') return '';
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  return first ? `:${lineOf(text, first.offset)}` : '';
}

function invalid(message: string): GatewayError {
  return new GatewayError('MANIFEST_INVALID', message);
}
