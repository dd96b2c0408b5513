import type { JsonObject, JsonValue } from '../../src/core/json/json.ts';
import type { TalosManifest, TalosSetting } from './manifest.ts';
import { OAUTH_TOKEN } from './record.ts';

/** The declared settings and credentials as a JSON Schema; undefined if there are none. */
export function toSettingsSchema({ settings, credentials, oauth }: TalosManifest): JsonObject | undefined {
  const properties: [string, JsonObject][] = [
    ...settings.map((setting): [string, JsonObject] => [setting.name, toProperty(setting)]),
    ...credentials.map((credential): [string, JsonObject] => [credential.name, { ...texts(credential), type: 'string' }]),
    ...(oauth ? [[OAUTH_TOKEN, LOGIN] as [string, JsonObject]] : []),
  ];
  if (properties.length === 0) return undefined;
  const required = credentials.filter((credential) => credential.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...new Set([...required, ...(oauth ? [OAUTH_TOKEN] : [])])],
  };
}

const LOGIN: JsonObject = {
  type: 'string',
  title: 'OAuth login',
  description: 'A refresh token that was obtained elsewhere. Set it as a credential in mcp.json.',
  writeOnly: true,
  readOnly: true,
};

function texts({ label, description, secret }: Pick<TalosSetting, 'label' | 'description' | 'secret'>): JsonObject {
  return { title: label, ...(description === undefined ? {} : { description }), ...(secret ? { writeOnly: true } : {}) };
}

function toProperty(setting: TalosSetting): JsonObject {
  const { type, options } = setting;
  const value = defaultOf(setting);
  return {
    ...texts(setting),
    type: type === 'number' || type === 'boolean' ? type : 'string',
    ...(type === 'select' && options.length > 0 ? { enum: [...options] } : {}),
    ...(value === undefined ? {} : { default: value }),
    ...setting.choices,
  };
}

// The format writes defaults of every type as strings. An empty one means that there is none, except for texts.
function defaultOf({ type, options, default: text }: TalosSetting): JsonValue | undefined {
  if (text === undefined || (text === '' && (type === 'number' || type === 'boolean' || !options.includes('')) && type !== 'string'))
    return undefined;
  if (type === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : text;
  return text;
}
