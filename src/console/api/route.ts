import * as z from 'zod';
import type { JsonObject } from '../../core/json/json.ts';
import type { Asked, ConsoleContext } from '../context.ts';
import type { ConsoleScope } from '../sessions.ts';

type Shape = Readonly<Record<string, z.ZodType>>;
type Fields<S extends Shape> = z.infer<z.ZodObject<{ -readonly [K in keyof S]: S[K] }, z.core.$strict>>;

/** One route of the API: everything that its tests and the server need to know. */
export interface ConsoleRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /api/console, with parameters such as `:id`. */
  readonly path: string;
  /** Undefined only for the login. */
  readonly scope: ConsoleScope | undefined;
  /** What is accepted after `?`. */
  readonly query: z.ZodType;
  /** What the body may hold. Bodies are objects; an absent one is `{}`. */
  readonly body: z.ZodType;
  /** What a change is recorded as; absent if the gateway itself records it. */
  readonly audit?: (asked: Asked<never, never>) => JsonObject;
  readonly handle: (context: ConsoleContext, asked: Asked<never, never>) => unknown;
}

interface RouteParts<Q extends Shape, B> {
  readonly scope: ConsoleScope;
  readonly query?: Q;
  readonly body?: z.ZodType<B>;
  readonly audit?: (asked: Asked<Fields<Q>, B>) => JsonObject;
  /** Returns the answer, or a promise of it; undefined is 204. Throws GatewayError. */
  readonly handle: (context: ConsoleContext, asked: Asked<Fields<Q>, B>) => unknown;
}

const NOTHING = z.strictObject({});

/** Declares one route. */
export function route<const Q extends Shape = Record<never, never>, B = Record<string, never>>(
  method: ConsoleRoute['method'],
  path: string,
  { scope, query, body, audit, handle }: RouteParts<Q, B>,
): ConsoleRoute {
  return {
    method,
    path,
    scope,
    query: query ? z.strictObject(query) : NOTHING,
    body: body ?? NOTHING,
    ...(audit && { audit: audit as ConsoleRoute['audit'] & object }),
    handle: handle as ConsoleRoute['handle'],
  };
}
