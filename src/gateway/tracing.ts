import { createRequire } from 'node:module';
import type { Context, Span, SpanContext } from '@opentelemetry/api';
import type { JsonObject } from '../core/json/json.ts';
import { readTraceContext, type TraceContext, withTraceContext } from '../core/trace-context.ts';
import type { CallTrace } from './call/call.ts';
import type { Outcome } from './call/pipeline.ts';

/** Names of attributes, as of the semantic conventions 1.39. They are in development, so they stand here only. */
const ATTRIBUTE = {
  method: 'mcp.method.name',
  tool: 'gen_ai.tool.name',
  session: 'mcp.session.id',
  revision: 'mcp.protocol.version',
  request: 'jsonrpc.request.id',
  error: 'error.type',
  plugin: 'plugmux.plugin',
} as const;

/** One call as it is traced. Arguments and results are not part of it. */
export interface TracedCall {
  readonly tool: string;
  readonly session: string;
  readonly revision: string;
  readonly request: string;
  /** The `_meta` of the request. */
  readonly meta: JsonObject | undefined;
}

/** Spans of calls. They go to the SDK that the operator loads; without one, contexts are only passed on. */
export interface Tracing {
  /** Runs a call within a span; `run` gets what is handed to the plugin. */
  call(traced: TracedCall, run: (trace: CallTrace) => Promise<Outcome>): Promise<Outcome>;
}

/** Loads the API (0.7 ms) and creates the spans. */
export function createTracing(): Tracing {
  const api = createRequire(import.meta.url)('@opentelemetry/api') as typeof import('@opentelemetry/api');
  const { context, createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const tracer = trace.getTracer('plugmux');

  const toContext = (given: TraceContext | undefined): Context => {
    const [, traceId, spanId, flags] = given?.traceparent?.split('-') ?? [];
    if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
    const state = given?.tracestate === undefined ? {} : { traceState: createTraceState(given.tracestate) };
    const parent: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1, isRemote: true, ...state };
    return trace.setSpanContext(ROOT_CONTEXT, parent);
  };

  // Without an SDK, a span has the context of its parent, so that this hands on what came.
  const toHeaders = (span: Span, given: TraceContext | undefined): TraceContext | undefined => {
    const own = span.spanContext();
    const flags = (own.traceFlags & 255).toString(16).padStart(2, '0');
    const state = own.traceState?.serialize();
    return readTraceContext({
      traceparent: `00-${own.traceId}-${own.spanId}-${flags}`,
      ...(state === undefined || state === '' ? {} : { tracestate: state }),
      baggage: given?.baggage,
    });
  };

  const end = (span: Span, error: string | undefined): void => {
    if (error !== undefined) {
      span.setAttribute(ATTRIBUTE.error, error);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  };

  return {
    async call({ tool, session, revision, request, meta }, run) {
      const given = readTraceContext(meta);
      const span = tracer.startSpan(
        `tools/call ${tool}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            [ATTRIBUTE.method]: 'tools/call',
            [ATTRIBUTE.tool]: tool,
            [ATTRIBUTE.session]: session,
            [ATTRIBUTE.revision]: revision,
            [ATTRIBUTE.request]: request,
          },
        },
        toContext(given),
      );
      const within = trace.setSpan(ROOT_CONTEXT, span);
      const own = toHeaders(span, given);
      const traced: CallTrace = {
        context: own,
        meta: withTraceContext(meta, own),
        async plugin(id, invoke) {
          const child = tracer.startSpan(`plugin ${id}`, { kind: SpanKind.CLIENT, attributes: { [ATTRIBUTE.plugin]: id } }, within);
          traced.context = toHeaders(child, given);
          traced.meta = withTraceContext(meta, traced.context);
          try {
            const result = await context.with(trace.setSpan(within, child), invoke);
            end(child, result.isError === true ? 'tool_error' : undefined);
            return result;
          } catch (error) {
            end(child, error instanceof Error ? error.name : 'error');
            throw error;
          }
        },
      };
      try {
        const outcome = await run(traced);
        end(span, outcome.failure?.code ?? (outcome.result.isError === true ? 'tool_error' : undefined));
        return outcome;
      } catch (error) {
        end(span, (error as { code?: string }).code ?? 'error');
        throw error;
      }
    },
  };
}
