import type { EventSources, RawEvent } from '../../src/core/contract/event-source.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { asObject, isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.ts';
import { objectIn, textIn } from '../../src/host/group/wire.ts';

type Take = (emitId: string, event: RawEvent) => Promise<void>;

const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 5;
const LEAST_MS = 5_000;

/** The triggers of one plugin, as the gateway runs them. */
export class TalosTriggers implements EventSources {
  readonly alwaysOn: readonly string[];
  readonly #request: (method: string, params: JsonObject) => Promise<JsonValue>;
  readonly #everyMs: number;
  readonly #open = new Map<string, Take>();

  constructor(
    request: (method: string, params: JsonObject) => Promise<JsonValue>,
    record: Readonly<Record<string, string>>,
    alwaysOn: readonly string[],
  ) {
    this.#request = request;
    this.#everyMs = intervalOf(record);
    this.alwaysOn = alwaysOn;
  }

  everyMs = (): number => this.#everyMs;

  look: EventSources['look'] = async (trigger, state) => {
    const result = asObject(await this.#request('trigger.poll', { trigger, state }));
    return {
      state: isJsonObject(result.state) ? result.state : state,
      ...(isJsonObject(result.event) ? { event: toRawEvent(result.event) } : {}),
    };
  };

  open: EventSources['open'] = async (trigger, take) => {
    // An event may arrive before the request is answered.
    this.#open.set(trigger, take);
    try {
      await this.#request('trigger.subscribe', { trigger });
    } catch (error) {
      if (this.#open.get(trigger) === take) this.#open.delete(trigger);
      throw error;
    }
    return async () => {
      if (this.#open.get(trigger) !== take) return;
      this.#open.delete(trigger);
      await this.#request('trigger.stop', { trigger });
    };
  };

  passes: EventSources['passes'] = async (trigger, event, config) =>
    (await this.#request('trigger.filter', { trigger, event: { ...event }, config })) !== false;

  /** Handles requests of the plugin's process. */
  answer = async (method: string, params: JsonObject): Promise<JsonValue> => {
    if (method !== 'trigger.event') throw new GatewayError('METHOD_NOT_FOUND', `The Talos adapter has no method "${method}".`);
    // Nobody wants the event of a trigger that has ended meanwhile.
    await this.#open.get(textIn(params, 'trigger'))?.(textIn(params, 'emitId'), toRawEvent(objectIn(params, 'event')));
    return null;
  };
}

function toRawEvent({ data, summary }: JsonObject): RawEvent {
  return { ...(data === undefined ? {} : { data }), ...(typeof summary === 'string' ? { summary } : {}) };
}

// The original host takes the first key that contains the text, in minutes.
function intervalOf(record: Readonly<Record<string, string>>): number {
  const found = Object.entries(record).find(([key, value]) => key.includes('poll_interval') && Number(value) > 0);
  return Math.max(LEAST_MS, found ? Number(found[1]) * MINUTE_MS : DEFAULT_MINUTES * MINUTE_MS);
}
