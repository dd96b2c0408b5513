import type { PromptArgument } from '../../../src/core/contract/prompt.ts';
import { ORIGIN_KEY } from '../../../src/core/instance.ts';
import { toDouble } from '../../../src/core/json/exact-tree.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json/json.ts';
import { isMimeType } from './content-faults.ts';

// Conversion of listed items. Clients reject a whole list for one member of the wrong type, so such members are left out.

const OWN_PREFIX = 'plugmux/';
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** The lists that a server may have. */
export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'skills';

/** The value if it is a string. */
export function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The `_meta` of an item without the gateway's own keys, except its origin, which each gateway extends. */
export function metaOf(meta: JsonValue | undefined): { readonly meta?: JsonObject } {
  if (!isJsonObject(meta)) return {};
  const kept = Object.entries(meta).filter(([key, value]) => !key.startsWith(OWN_PREFIX) || (key === ORIGIN_KEY && isJsonObject(value)));
  return { meta: Object.fromEntries(kept) };
}

/** The icons of an item. */
export function iconsOf(icons: JsonValue | undefined): { readonly extras?: JsonObject } {
  return Array.isArray(icons) ? { extras: { icons: icons.filter(isIcon) } } : {};
}

function isIcon(icon: JsonValue): boolean {
  if (!isJsonObject(icon) || typeof icon.src !== 'string') return false;
  const { mimeType, sizes, theme } = icon;
  return (
    (mimeType === undefined || isMimeType(mimeType)) &&
    (sizes === undefined || (Array.isArray(sizes) && sizes.every((size) => typeof size === 'string'))) &&
    (theme === undefined || theme === 'light' || theme === 'dark')
  );
}

/** The arguments of a prompt. */
export function argumentsOf(args: JsonValue | undefined): PromptArgument[] {
  if (!Array.isArray(args)) return [];
  return args.flatMap((arg): PromptArgument[] => {
    if (!isJsonObject(arg) || typeof arg.name !== 'string') return [];
    const { title, description, required, ...rest } = arg;
    return [
      {
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
        name: arg.name,
        ...(typeof title === 'string' ? { title } : {}),
        ...(typeof description === 'string' ? { description } : {}),
        ...(typeof required === 'boolean' ? { required } : {}),
      },
    ];
  });
}

/** The annotations of a resource, without invalid ones. */
export function annotationsOf(annotations: JsonValue | undefined): { readonly annotations?: JsonObject } {
  if (!isJsonObject(annotations)) return {};
  const { audience, priority, lastModified, ...rest } = annotations;
  return {
    annotations: {
      ...rest,
      ...(Array.isArray(audience) ? { audience: audience.filter((role) => role === 'user' || role === 'assistant') } : {}),
      ...(isShare(toDouble(priority)) ? { priority: priority as number } : {}),
      ...(typeof lastModified === 'string' && MOMENT.test(lastModified) ? { lastModified } : {}),
    },
  };
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
