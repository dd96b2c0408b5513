import type { SchemaForm } from '../../core/contract/schema-form.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { HeaderParam } from '../offer/header-params.ts';
import { toGemini } from './gemini.ts';
import { toListable } from './listable.ts';
import { toPortable } from './portable.ts';
import { renameKeys, restoreKeys } from './rename.ts';

/** A tool's schema in the form that clients receive. */
export interface Shape {
  readonly input: JsonObject;
  /** Arguments that clients repeat in HTTP headers, by their public names. */
  readonly headers: readonly HeaderParam[];
  /** Renames arguments back to the plugin's names; absent if none was renamed. */
  readonly restore?: (args: JsonObject) => JsonObject;
  /** What the form leaves out of the plugin's schema, or renames; one text each. */
  readonly losses: readonly string[];
}

interface Source {
  readonly input: JsonObject;
  readonly headers: readonly HeaderParam[];
  /** Whether the schema is already in the portable form. */
  readonly portable: boolean;
}

const known = new WeakMap<JsonObject, Map<SchemaForm, Shape>>();

const NOTHING: readonly string[] = [];

/** The shape of a schema in one form; each form is built once per schema. */
export function shapeOf(source: Source, form: SchemaForm): Shape {
  const { input, headers, portable } = source;
  if (portable && form !== 'gemini') return { input, headers, losses: NOTHING };
  let forms = known.get(input);
  if (!forms) {
    forms = new Map();
    known.set(input, forms);
  }
  let shape = forms.get(form);
  if (!shape) {
    shape = build(source, form);
    forms.set(form, shape);
  }
  return shape;
}

function build({ input, headers }: Source, form: SchemaForm): Shape {
  if (form === 'verbatim') return { input: toListable(input), headers, losses: NOTHING };
  const losses = new Set<string>();
  const report = (at: string, what: string): void => void losses.add(`${at.replace(/^\./, '') || 'the schema'}: ${what}`);
  const { schema, natives } = renameKeys(toPortable(input, report), report);
  const portable = {
    headers: natives.size === 0 ? headers : headers.map((param) => ({ ...param, path: param.path.map(renamedFirst(natives)) })),
    ...(natives.size === 0 ? {} : { restore: (args: JsonObject) => restoreKeys(args, natives) }),
  };
  if (form === 'portable') return { input: schema, ...portable, losses: [...losses] };
  return { input: toGemini(schema, report), ...portable, headers: [], losses: [...losses] };
}

function renamedFirst(natives: ReadonlyMap<string, string>): (key: string, at: number) => string {
  const renamed = new Map([...natives].map(([safe, native]) => [native, safe]));
  return (key, at) => (at === 0 ? (renamed.get(key) ?? key) : key);
}
