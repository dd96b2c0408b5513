import { withOrigin } from '../../core/instance.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { withoutOwnKeys } from '../../core/own-meta.ts';
import { maskProse } from '../../core/secrets/mask-prose.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import { toAnnotations } from '../../gateway/view/annotations.ts';
import type { View } from '../../gateway/view/view.ts';
import type { VisibleTool } from '../../gateway/view/visible-tool.ts';
import { type Era, MODERN_META } from '../wire/era.ts';

/** The lists that clients can request. */
export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** How long a modern client may cache a list. Clients with a listen stream are notified of changes. */
const TTL_MS = 10_000;

/** Lists as bytes, built once for each view and era. */
export interface Lists {
  get(view: View, kind: ListKind, era: Era['kind']): Buffer;
}

/** `shared`: whether lists are currently the same for every caller, so that caches may share them. `redact` masks secrets. */
export function createLists(shared: () => boolean, redact: (text: string) => string = (text) => text): Lists {
  const built = new WeakMap<View, Map<string, Buffer>>();
  return {
    get(view, kind, era) {
      let ofView = built.get(view);
      if (!ofView) {
        ofView = new Map();
        built.set(view, ofView);
      }
      const key = `${era} ${kind}`;
      let bytes = ofView.get(key);
      if (!bytes) {
        const list = { [kind]: maskProse(BUILDERS[kind](view) as JsonObject[], redact) };
        const result = era === 'legacy' ? list : { ...list, resultType: 'complete', ...cacheHints(shared()), _meta: MODERN_META };
        bytes = Buffer.from(wellFormedJson(toJsonText(result)));
        ofView.set(key, bytes);
      }
      return bytes;
    },
  };
}

/** The cache hints of a modern result. */
export function cacheHints(shared: boolean): {
  ttlMs: number;
  cacheScope: 'public' | 'private';
} {
  return { ttlMs: TTL_MS, cacheScope: shared ? 'public' : 'private' };
}

const BUILDERS: Readonly<Record<ListKind, (view: View) => object[]>> = {
  tools: ({ listed }) => [...listed.values()].map(toListedTool),
  prompts: ({ prompts }) =>
    [...prompts.values()].map(({ name, prompt, plugin }) => ({
      name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments,
      ...prompt.extras,
      _meta: withOrigin(prompt.meta, origin(plugin)),
    })),
  resources: ({ resources }) =>
    [...resources.values()].map(({ address, resource: { name, title, description, mimeType, size, annotations, meta, extras } }) => ({
      uri: address,
      name,
      title,
      description,
      mimeType,
      size,
      annotations,
      ...extras,
      _meta: meta && withoutOwnKeys(meta),
    })),
  resourceTemplates: ({ templates }) =>
    [...templates.values()].map(({ address, resource: { name, title, description, mimeType, annotations, meta, extras } }) => ({
      uriTemplate: address,
      name,
      title,
      description,
      mimeType,
      annotations,
      ...extras,
      _meta: meta && withoutOwnKeys(meta),
    })),
};

function origin(plugin: { readonly id: string; readonly adapter: string; readonly version: string }): JsonObject {
  return { format: plugin.adapter, plugin: plugin.id, version: plugin.version };
}

/** A tool as `tools/list` shows it. */
export function toListedTool({ entry, approval, hints, shape }: VisibleTool): object {
  const { name, description, output, tool, plugin, meta } = entry;
  return {
    name,
    title: tool.title,
    description,
    inputSchema: shape.input,
    outputSchema: output,
    annotations: toAnnotations(hints, approval),
    ...tool.extras,
    _meta: {
      ...withOrigin(meta, origin(plugin)),
      ...(approval === 'client' ? {} : { 'plugmux/approval': approval }),
      ...(tool.untrusted === true ? { 'plugmux/untrusted': true } : {}),
    },
  };
}
