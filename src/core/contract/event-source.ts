import type { JsonObject, JsonValue } from '../json/json.ts';

/** An event source declared by a plugin. */
export interface Trigger {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  /** What its consumers may set, a JSON Schema object with the extensions of `Manifest.settings`. */
  readonly params?: JsonObject;
  /** `poll`: the gateway looks for events; `subscribe`: the plugin reports them. Absent if the plugin does not handle it, or is not loaded. */
  readonly kind?: 'poll' | 'subscribe';
}

/** An event as plugin code reports it. */
export interface RawEvent {
  readonly summary?: string;
  readonly data?: JsonValue;
}

/** How the gateway runs the triggers of a plugin; `id` is the id of a trigger in its offer. */
export interface EventSources {
  /** Triggers that run although no client watches them. */
  readonly alwaysOn?: readonly string[];
  /** Time between two looks at a trigger of kind `poll`, in milliseconds. */
  everyMs(id: string): number;
  /** Looks once for an event since `state`, which is `{}` at first. The gateway stores the event and the new state together. */
  look(id: string, state: JsonObject): Promise<{ readonly event?: RawEvent; readonly state: JsonObject }>;
  /**
   * Opens a trigger of kind `subscribe`. `take` resolves once an event is stored, and stores an `emitId` only once. The function
   * that is returned ends it.
   */
  open(id: string, take: (emitId: string, event: RawEvent) => Promise<void>): Promise<() => Promise<void>>;
  /** Whether a consumer with this configuration wants an event. */
  passes(id: string, event: RawEvent, config: JsonObject): Promise<boolean>;
}
