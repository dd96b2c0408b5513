import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import type { RuntimeContext } from '../../src/host/node/runtime.ts';
import type { TalosReport } from './report.ts';

type Functions = Partial<Record<'poll' | 'subscribe' | 'filter', (...args: unknown[]) => unknown>>;

const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 30_000;
/** Bounds the memory of events that the gateway does not accept. */
const MAX_WAITING = 1_000;

/** Runs the triggers of a plugin in its process. */
export class TriggerRunner {
  readonly #found: ReadonlyMap<string, Functions>;
  readonly #config: () => unknown;
  readonly #context: RuntimeContext;
  readonly #open = new Map<string, { stop: unknown }>();
  readonly #ended = new AbortController();
  #waiting = 0;

  constructor(triggers: unknown, declared: readonly string[], config: () => unknown, context: RuntimeContext) {
    const map = isJsonObject(triggers) ? (triggers as Record<string, unknown>) : {};
    this.#found = new Map(
      declared.flatMap((id) => (Object.hasOwn(map, id) && isJsonObject(map[id]) ? [[id, map[id] as unknown as Functions]] : [])),
    );
    this.#config = config;
    this.#context = context;
  }

  report(): Pick<TalosReport, 'triggers' | 'subscribes'> {
    const ids = [...this.#found.keys()];
    return { triggers: ids, subscribes: ids.filter((id) => typeof this.#found.get(id)?.subscribe === 'function') };
  }

  async request(method: string, params: JsonObject): Promise<JsonValue> {
    const id = params.trigger as string;
    const functions = this.#found.get(id);
    if (!functions) throw new Error(`The code has no trigger "${id}".`);
    switch (method) {
      case 'trigger.poll':
        return this.#poll(functions, params.state as JsonObject);
      case 'trigger.subscribe':
        return this.#subscribe(id, functions);
      case 'trigger.stop':
        return this.#stop(id);
      case 'trigger.filter':
        // A filter that fails lets the event through, as in the original host.
        return functions.filter === undefined || (await functions.filter(params.event, params.config)) !== false;
      default:
        throw new Error(`The runtime has no method "${method}".`);
    }
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled([...this.#open.keys()].map((id) => this.#stop(id)));
  }

  async #poll(functions: Functions, state: JsonObject): Promise<JsonValue> {
    if (typeof functions.poll !== 'function') throw new Error('The trigger has no function "poll".');
    const result = await functions.poll(this.#config(), state, this.#config());
    const { event, newState } = isJsonObject(result) ? (result as { event?: unknown; newState?: unknown }) : {};
    return toPlain({
      ...(isJsonObject(event) ? { event: eventOf(event) } : {}),
      ...(isJsonObject(newState) ? { state: newState } : {}),
    });
  }

  async #subscribe(id: string, functions: Functions): Promise<null> {
    if (typeof functions.subscribe !== 'function') throw new Error('The trigger has no function "subscribe".');
    await this.#stop(id);
    const entry = { stop: undefined as unknown };
    this.#open.set(id, entry);
    const emit = (event: unknown): void => {
      if (this.#open.get(id) === entry) void this.#hand(id, event);
    };
    try {
      entry.stop = await functions.subscribe(this.#config(), this.#config(), emit);
    } catch (error) {
      if (this.#open.get(id) === entry) this.#open.delete(id);
      throw error;
    }
    return null;
  }

  async #stop(id: string): Promise<null> {
    const stop = this.#open.get(id)?.stop;
    this.#open.delete(id);
    if (typeof stop === 'function') await stop();
    return null;
  }

  // Repeated until the gateway has stored it: a reply may be lost, and the store may be locked.
  async #hand(trigger: string, event: unknown): Promise<void> {
    if (this.#waiting >= MAX_WAITING) {
      this.#context.log.warn(`an event of the trigger "${trigger}" is lost: ${MAX_WAITING} others are not stored yet`);
      return;
    }
    let params: JsonObject;
    try {
      params = toPlain({ trigger, emitId: randomUUID(), event: eventOf(isJsonObject(event) ? event : {}) }) as JsonObject;
    } catch (error) {
      this.#context.log.warn(`an event of the trigger "${trigger}" is not JSON and is lost: ${toError(error).message}`);
      return;
    }
    this.#waiting += 1;
    try {
      for (let wait = AGAIN_MS; !this.#ended.signal.aborted; wait = Math.min(wait * 2, AGAIN_MAX_MS)) {
        try {
          await this.#context.callAdapter('trigger.event', params);
          return;
        } catch {
          await sleep(wait, undefined, { ref: false, signal: this.#ended.signal }).catch(() => undefined);
        }
      }
    } finally {
      this.#waiting -= 1;
    }
  }
}

// The ids in an event are not used: real plugins fill them in with other names.
function eventOf({ data, summary }: { readonly data?: unknown; readonly summary?: unknown }): object {
  return { ...(data === undefined ? {} : { data }), ...(typeof summary === 'string' ? { summary } : {}) };
}

// What the plugin changes afterwards must not change the event.
function toPlain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
