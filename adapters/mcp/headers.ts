import { ExactNumber } from '../../src/core/exact-number.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

const ANNOTATION = 'x-mcp-header';
// What can be part of a header's name.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PLAIN = /^[\x20-\x7e]*$/;
const TYPES = new Set<JsonValue | undefined>(['string', 'integer', 'boolean']);
