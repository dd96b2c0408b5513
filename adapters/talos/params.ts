import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';

/** A `source` of the manifest, the function that knows the choices, as the extension `x-choices` of a schema. */
export function toChoices(source: JsonValue | undefined): { readonly 'x-choices'?: JsonObject } {
  if (!isJsonObject(source)) return {};
  const { function: name, args, valuePath, labelPath, groupPath } = source;
  if (typeof name !== 'string' || name === '' || typeof valuePath !== 'string') return {};
  return {
    'x-choices': {
      function: name,
      args: isJsonObject(args) ? args : {},
      value: valuePath,
      label: typeof labelPath === 'string' ? labelPath : valuePath,
      ...(typeof groupPath === 'string' ? { group: groupPath } : {}),
    },
  };
}

/** The declared parameters of a trigger as a JSON Schema; undefined if there are none. */
export function toParams(params: readonly JsonObject[]): JsonObject | undefined {
  if (params.length === 0) return undefined;
  const properties = params.map(({ key, label, type, description, default: value, source }): [string, JsonObject] => [
    key as string,
    {
      title: typeof label === 'string' ? label : (key as string),
      ...(typeof description === 'string' ? { description } : {}),
      ...(value === undefined || value === null ? {} : { default: value }),
      ...(type === 'multi-select'
        ? { type: 'array', items: { type: 'string' }, uniqueItems: true }
        : { type: type === 'number' ? 'number' : 'string' }),
      ...toChoices(source),
    },
  ]);
  return { type: 'object', properties: Object.fromEntries(properties) };
}
