import * as z from 'zod';
import type { Answers, Question, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { silentLog } from '../../core/log.ts';
import { auditCaller } from '../../gateway/audit/audit-fields.ts';
import { Call, type ClientLink, cannotAnswer } from '../../gateway/call/call.ts';
import { toCallResult } from '../../mcp/wire/results.ts';
import { LEGACY } from '../../mcp/wire/revisions.ts';
import { unauthenticated } from '../../transports/login/challenge.ts';
import type { Asked, ConsoleContext } from '../context.ts';
import { type ConsoleRoute, route } from './route.ts';
import { callerOf } from './shown/ask.ts';
import { toCause } from './shown/causes.ts';
import type { TryAnswer } from './tool-types.ts';
import type { JsonMap } from './types.ts';

const CLIENT = 'console';

/** Calls a tool for a person at the console, with everything that a client's call passes. Its audit line is that of a call. */
export const tryRoutes: readonly ConsoleRoute[] = [
  route('post', '/tools/:name/try', {
    scope: 'admin',
    body: z.strictObject({ id: z.string().min(1).max(64), profile: z.string().max(256), arguments: z.record(z.string(), z.unknown()) }),
    async handle(context, asked): Promise<TryAnswer> {
      const { gateway } = context.app;
      const { params, body, by, signal } = asked;
      const caller = callerOf(context.app, by.principal, body.profile);
      const stop = new AbortController();
      const { link, close } = createLink(context, { session: asked.session, signal: stop.signal }, body.id);
      const call = new Call(caller, link);
      const end = (why: string): void => {
        stop.abort();
        call.abort(new GatewayError('CALL_CANCELLED', why));
      };
      signal.addEventListener('abort', () => end(String(signal.reason)), { once: true });
      const started = performance.now();
      try {
        const args = body.arguments as JsonObject;
        const { result, failure } = await gateway.call(params.name ?? '', args, call, auditCaller(caller, 'console', CLIENT));
        if (!context.sessions.isOpen(asked.session.id)) throw unauthenticated();
        const text = toCallResult(result, { kind: 'legacy', revision: LEGACY[0] ?? '' });
        const isRefused = failure?.outcome === 'NOT_SENT';
        return {
          ...(isRefused ? {} : { result: JSON.parse(text) as JsonMap }),
          ms: Math.round((performance.now() - started) * 10) / 10,
          bytes: Buffer.byteLength(text),
          ...(failure ? { ref: failure.ref, failure: toCause(failure) } : {}),
        };
      } finally {
        close();
      }
    },
  }),
];

type Trying = Pick<Asked<unknown, unknown>, 'session' | 'signal'>;

// Progress and questions go to the pages of the session that tries; each question waits for one answer.
function createLink({ live }: ConsoleContext, { session, signal }: Trying, id: string): { link: ClientLink; close(): void } {
  let waiting: ((answer: JsonObject) => void) | undefined;
  const end = live.onAnswer((from, of, answer) => {
    if (from.id !== session.id || of !== id) return;
    waiting?.(answer);
    waiting = undefined;
  });
  const ask = (question: Question): Promise<JsonObject> =>
    new Promise((resolve, reject) => {
      if (question.kind !== 'form') return cannotAnswer(question.kind);
      waiting = resolve;
      signal.addEventListener('abort', () => reject(new GatewayError('ASK_FAILED', 'The page was closed.')), { once: true });
      live.send(session, { type: 'try', id, question: { message: question.message, requestedSchema: question.schema } as JsonMap });
    });
  const link: ClientLink = {
    clientName: CLIENT,
    log: silentLog,
    session: `${CLIENT}:${session.id.slice(0, 16)}`,
    // Without an open page a question would wait for nobody.
    answerableKinds: live.reaches(session) ? ['form'] : [],
    progress: (progress, total, message) =>
      live.send(session, {
        type: 'try',
        id,
        progress: {
          progress: Number(toDouble(progress)),
          ...(total === undefined ? {} : { total: Number(toDouble(total)) }),
          ...(message === undefined ? {} : { message }),
        },
      }),
    async ask(questions: Questions): Promise<Answers> {
      const answers: Record<string, JsonObject> = {};
      for (const [key, question] of Object.entries(questions)) answers[key] = await ask(question);
      return answers;
    },
  };
  return { link, close: end };
}
