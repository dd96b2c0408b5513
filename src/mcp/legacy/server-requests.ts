import type { Answers, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Call } from '../../gateway/call/call.ts';
import { answerFault, toClientRequest } from '../methods/questions.ts';
import type { Outlet } from '../wire/outlet.ts';
import { type Id, notificationText, requestText } from '../wire/wire.ts';

/** How long a client may take to answer, in ms. */
export interface AskLimits {
  readonly askMs: number;
}

interface Waiting {
  resolve(result: JsonObject): void;
  reject(error: Error): void;
}

/** Requests from the gateway to one legacy client. Each is settled exactly once. */
export class ServerRequests {
  readonly #limits: AskLimits;
  readonly #waiting = new Map<string | number | undefined, Waiting>();
  #last = 0;

  constructor(limits: AskLimits) {
    this.#limits = limits;
  }

  /** Sends the questions one by one on the stream of their call. Throws ASK_FAILED if one gets no usable answer. */
  async ask(questions: Questions, revision: string, call: Call, outlet: Outlet): Promise<Answers> {
    // The keys are untrusted, so the object has no prototype: `__proto__` must be an ordinary key.
    const answers: Record<string, JsonObject> = Object.create(null);
    for (const [key, question] of Object.entries(questions)) {
      const answer = await this.#send(toClientRequest(question, revision, key), call, outlet);
      const fault = answerFault(question, answer);
      if (fault !== undefined) throw new GatewayError('ASK_FAILED', `The client's answer is invalid: ${fault}.`);
      answers[key] = answer;
    }
    return answers;
  }

  /** Handles a response of the client. An unexpected one is dropped. */
  settle(id: Id | undefined, { result, error }: JsonObject): void {
    // Our ids are integers, which some clients return as decimals.
    const waiting = this.#waiting.get(toDouble(id));
    if (!waiting) return;
    if (isJsonObject(result)) waiting.resolve(result);
    else {
      const why = isJsonObject(error) && typeof error.message === 'string' ? error.message.slice(0, 200) : 'no reason given';
      waiting.reject(new GatewayError('ASK_FAILED', `The client rejected the question: ${why}`));
    }
  }

  /** Rejects all open questions, because the client disconnected. */
  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new GatewayError('ASK_FAILED', 'The client disconnected before it answered.'));
  }

  #send(request: { method: string; params: JsonObject }, call: Call, outlet: Outlet): Promise<JsonObject> {
    const id = ++this.#last;
    const { askMs } = this.#limits;
    return new Promise<JsonObject>((resolve, reject) => {
      const giveUp = (reason: Error): void => {
        const waiting = this.#waiting.get(id);
        if (!waiting) return;
        // Lets the client close the question that it shows to the user.
        outlet.write({ bytes: notificationText('notifications/cancelled', toJsonText({ requestId: id })), last: false });
        waiting.reject(reason);
      };
      const timer = setTimeout(
        () => giveUp(new GatewayError('ASK_FAILED', `The client did not answer within ${askMs / 1000} s.`)),
        askMs,
      ).unref();
      const end =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          then(value);
        };
      this.#waiting.set(id, { resolve: end(resolve), reject: end(reject) });
      call.onAbort((reason) => giveUp(reason as Error));
      outlet.write({ bytes: requestText(id, request.method, request.params), last: false });
    });
  }
}
