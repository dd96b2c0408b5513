import { createHash } from 'node:crypto';
import type { EventsConfig, WebhookConfig } from '../config/events.ts';
import { toError } from '../core/errors.ts';
import { toJsonText } from '../core/json/exact-number.ts';
import type { Logger } from '../core/log.ts';
import { toTimer } from '../core/timer.ts';
import { createDeliveryTable, type DeliveryTable } from '../store/delivery-table.ts';
import type { EventTable, StoredEvent } from '../store/event-table.ts';
import type { StateFile } from '../store/state-file.ts';
import { addressOf } from './event-address.ts';
import { toData } from './event-data.ts';
import { type Answer, post } from './post.ts';
import { signatureHeaders } from './sign.ts';

/** The webhooks of the configuration. */
export interface Webhooks {
  readonly table: DeliveryTable;
  /** A new event may be stored. */
  kick(): void;
  close(): void;
}

/** The dependencies of webhooks. */
export interface WebhookParts {
  readonly config: EventsConfig;
  readonly file: Pick<StateFile, 'read' | 'write'>;
  readonly events: Pick<EventTable, 'get'>;
  /** Whether a trigger matches one of some globs. */
  matches(globs: readonly string[], name: string): boolean;
  /** Whether the plugin's filter lets an event through. */
  passes(event: StoredEvent): Promise<boolean>;
  /** The least time between two events of a trigger, in milliseconds. */
  cooldownMs(plugin: string, trigger: string): number;
  readonly log: Logger;
  readonly send?: typeof post;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Waits before each try, as Standard Webhooks recommends. */
const SCHEDULE = [0, 5 * SECOND, 300 * SECOND, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const LEASE_MS = 60 * SECOND;
const BODY_BYTES = 20 * 1024;
const AGAIN_MS = 5 * SECOND;

/** The id of a webhook among the consumers of events: it stays when the secret changes. */
export function webhookId({ url, sources }: Pick<WebhookConfig, 'url' | 'sources'>): string {
  return `webhook:${createHash('sha256')
    .update(JSON.stringify([url, sources]))
    .digest('base64url')
    .slice(0, 22)}`;
}

/** Delivers events to webhooks, each at least once under the event's id, until `close`. */
export function createWebhooks(parts: WebhookParts): Webhooks {
  const { config, file, log } = parts;
  const table = createDeliveryTable(file);
  const workers = config.webhooks.map((webhook) => createWorker(webhook, table, parts));
  return {
    table,
    kick() {
      for (const worker of workers) worker.kick();
    },
    close() {
      for (const worker of workers) worker.close();
      if (workers.length > 0) log.debug('webhooks closed');
    },
  };
}

function createWorker(webhook: WebhookConfig, table: DeliveryTable, parts: WebhookParts): { kick(): void; close(): void } {
  const { config, events, matches, passes, cooldownMs, log, send = post } = parts;
  const id = webhookId(webhook);
  const shown = new URL(webhook.url).host;
  const lasts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isDue = false;
  let isClosed = false;
  let hasBegun = false;

  const wants = (plugin: string, trigger: string, at: number): 'pending' | 'held' | undefined => {
    const name = `${plugin}.${trigger}`;
    if (!matches(webhook.sources, name)) return undefined;
    const last = lasts.get(name);
    if (last !== undefined && Math.abs(at - last) < cooldownMs(plugin, trigger)) return 'held';
    lasts.set(name, at);
    return 'pending';
  };
  const tell = (event: StoredEvent): Promise<Answer> => {
    const body = bodyOf(event);
    const secrets = [webhook.secret, ...(webhook.oldSecret === undefined ? [] : [webhook.oldSecret])];
    return send(webhook.url, signatureHeaders(event.eventId, Date.now(), body, secrets), body, config.allowPrivate);
  };
  const deliver = async (seq: number, attempts: number): Promise<void> => {
    const event = events.get(seq);
    if (!event) return table.settle(id, seq, 'lost', 'The event was removed before it was delivered.');
    if (!(await passes(event))) return table.settle(id, seq, 'done');
    let error: string;
    let leastMs = 0;
    try {
      const { status, retryAfterMs = 0 } = await tell(event);
      if (status >= 200 && status < 300) return table.settle(id, seq, 'done');
      error = `it answered ${status}`;
      leastMs = retryAfterMs;
      if (status === 410) {
        log.warn(`webhook ${shown} answered 410: it gets no more events until the gateway restarts`);
        isClosed = true;
        return table.settle(id, seq, 'failed', error);
      }
    } catch (thrown) {
      error = toError(thrown).message;
    }
    const wait = SCHEDULE[attempts];
    if (wait === undefined) {
      log.warn(`webhook ${shown} did not take an event after ${attempts} tries: ${error}`);
      return table.settle(id, seq, 'failed', error);
    }
    log.debug(`webhook ${shown}: ${error}; it is tried again`);
    const waitMs = Math.min(Math.max(wait * (0.9 + Math.random() * 0.2), leastMs), 24 * HOUR);
    table.retry(id, seq, Date.now() + waitMs, error);
  };
  const work = async (): Promise<void> => {
    if (!hasBegun) {
      // Creates the table of events, which `begin` reads.
      events.get(0);
      table.begin(id);
    }
    hasBegun = true;
    table.takeIn(id, wants);
    for (let next = table.claim(id, LEASE_MS); next && !isClosed; next = table.claim(id, LEASE_MS)) await deliver(next.seq, next.attempts);
  };
  const plan = (ms: number): void => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(kick, toTimer(ms)).unref();
  };
  const kick = (): void => {
    isDue = true;
    if (isRunning || isClosed) return;
    isRunning = true;
    const run = async (): Promise<void> => {
      while (isDue && !isClosed) {
        isDue = false;
        await work();
      }
      const next = isClosed ? undefined : table.nextAt(id);
      if (next !== undefined) plan(Math.max(0, next - Date.now()));
    };
    run()
      .catch((error) => {
        if (isClosed) return;
        log.warn(`webhook ${shown}: ${toError(error).message}`);
        plan(AGAIN_MS);
      })
      .finally(() => {
        isRunning = false;
      });
  };
  return {
    kick,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

function bodyOf(event: StoredEvent): string {
  const { plugin, trigger, eventId, at } = event;
  const head = { type: `${plugin}.${trigger}`, timestamp: new Date(at).toISOString() };
  const whole = toJsonText({ ...head, data: toData(event) });
  if (Buffer.byteLength(whole) <= BODY_BYTES) return whole;
  return toJsonText({ ...head, data: { eventId, resource: addressOf(plugin, trigger) } });
}
