import type { Answers, Questions } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { toDouble } from '../../core/json/exact-tree.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { Call } from '../../gateway/call/call.ts';
import { answerFault, toClientRequest } from '../methods/questions.ts';
import type { Outlet } from '../wire/outlet.ts';
import { type Id, notificationText, requestText } from '../wire/wire.ts';

/** How long a client may take for an answer. */
export interface AskLimits {
  readonly askMs: number;
}

interface Waiting {
  resolve(result: JsonObject): void;
  reject(error: Error): void;
}

/** Requests of our own to one legacy client, each answered, refused or given up on exactly once. */
export class ServerRequests {
  readonly #limits: AskLimits;
  readonly #waiting = new Map<string | number | undefined, Waiting>();
  #last = 0;

  constructor(limits: AskLimits) {
    this.#limits = limits;
  }

  /** Asks question by question on the stream of the call they belong to. */
  async ask(questions: Questions, revision: string, call: Call, outlet: Outlet): Promise<Answers> {
    // The keys come from outside: without a prototype, `__proto__` is a key like any other.
    const answers: Record<string, JsonObject> = Object.create(null);
    for (const [key, question] of Object.entries(questions)) {
      const answer = await this.#send(toClientRequest(question, revision, key), call, outlet);
      const fault = answerFault(question, answer);
      if (fault !== undefined) throw new GatewayError('ASK_FAILED', `The client's answer cannot be used: ${fault}.`);
      answers[key] = answer;
    }
    return answers;
  }

  /** Takes a response of the client; one that nobody waits for is dropped. */
  settle(id: Id | undefined, { result, error }: JsonObject): void {
    // Our ids are whole numbers, which some clients give back as decimals.
    const waiting = this.#waiting.get(toDouble(id));
    if (!waiting) return;
    if (isJsonObject(result)) waiting.resolve(result);
    else {
      const why = isJsonObject(error) && typeof error.message === 'string' ? error.message.slice(0, 200) : 'without saying why';
      waiting.reject(new GatewayError('ASK_FAILED', `The client refused the question: ${why}`));
    }
  }

  /** The client has gone. */
  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new GatewayError('ASK_FAILED', 'The client went away before it answered.'));
  }

  #send(request: { method: string; params: JsonObject }, call: Call, outlet: Outlet): Promise<JsonObject> {
    const id = ++this.#last;
    const { askMs } = this.#limits;
    return new Promise<JsonObject>((resolve, reject) => {
      const giveUp = (reason: Error): void => {
        const waiting = this.#waiting.get(id);
        if (!waiting) return;
        // Whoever still looks at the question need not answer it any more.
        outlet.write({ bytes: notificationText('notifications/cancelled', toJsonText({ requestId: id })), last: false });
        waiting.reject(reason);
      };
      const timer = setTimeout(() => giveUp(new GatewayError('ASK_FAILED', `No answer came within ${askMs / 1000} s.`)), askMs).unref();
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
