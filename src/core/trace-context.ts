import { isJsonObject, type JsonObject, type JsonValue } from './json/json.ts';

/** The W3C trace context of a call: what `traceparent`, `tracestate` and `baggage` say, as headers and as keys of `_meta`. */
export interface TraceContext {
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}

/** The names of its parts. */
export const TRACE_KEYS = ['traceparent', 'tracestate', 'baggage'] as const;

/** Ids of zeros and the version ff are invalid; later versions may add fields (W3C Trace Context, level 1). */
const TRACEPARENT =
  /^(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,200})?)$/;
const PRINTABLE = /^[\x20-\x7e]+$/;
/** Longest values that everyone must pass on. */
const MAX = { traceparent: 256, tracestate: 512, baggage: 8_192 } as const;

/** Reads a trace context. Parts that are not valid are left out, and a state without a parent. Undefined if nothing is left. */
export function readTraceContext(from: Readonly<Record<string, unknown>> | undefined): TraceContext | undefined {
  if (from === undefined) return undefined;
  const part = (name: (typeof TRACE_KEYS)[number]): string | undefined => {
    const value = from[name];
    return typeof value === 'string' && value.length <= MAX[name] && PRINTABLE.test(value) ? value.trim() : undefined;
  };
  const [parent, state, baggage] = [part('traceparent'), part('tracestate'), part('baggage')];
  const traceparent = parent !== undefined && TRACEPARENT.test(parent) ? parent : undefined;
  if (traceparent === undefined && baggage === undefined) return undefined;
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(traceparent === undefined || state === undefined ? {} : { tracestate: state }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** The `_meta` of a request with the trace context of its HTTP headers. A context in `_meta` wins. */
export function withTraceHeaders(meta: JsonValue | undefined, headers: Readonly<Record<string, unknown>>): JsonValue | undefined {
  const own = isJsonObject(meta) ? meta : undefined;
  if (TRACE_KEYS.every((key) => headers[key] === undefined) || (own && TRACE_KEYS.some((key) => own[key] !== undefined))) return meta;
  const found = readTraceContext(headers);
  return found ? { ...own, ...found } : meta;
}

/** A `_meta` with another trace context in place of its own. */
export function withTraceContext(meta: JsonObject | undefined, context: TraceContext | undefined): JsonObject | undefined {
  const others = Object.entries(meta ?? {}).filter(([key]) => !(TRACE_KEYS as readonly string[]).includes(key));
  const all = { ...Object.fromEntries(others), ...context };
  return Object.keys(all).length === 0 ? undefined : all;
}
