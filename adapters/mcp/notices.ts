import type { JsonObject } from '../../src/core/json.ts';
import type { Logger } from '../../src/core/log.ts';
import type { CallContext } from '../../src/core/tool.ts';
import type { InFlight } from './in-flight.ts';
import { requestOf } from './tagging-fetch.ts';

/** What a server tells of its own accord. */
export interface Notices {
  hear(method: string, params: JsonObject): void;
  /** Called back when a list has changed. */
  changed: () => void;
  /** Called back when a resource's contents have changed. */
  updated: (uri: string) => void;
  /** Settles when a person is done at an address; on the older revisions a server says so by the question's id. */
  completed(elicitationId: string, ctx: CallContext): Promise<void>;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

// The protocol's eight levels as the gateway's four.
const LEVELS: Readonly<Record<string, Level>> = {
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
  alert: 'error',
  emergency: 'error',
};

/** Hears one connection. Log lines go to the client whose call they belong to, where that is certain, and to the log. */
export function createNotices(calls: InFlight, log: Logger): Notices {
  const completions = new Map<string, () => void>();

  const logLine = (params: JsonObject): void => {
    const level = LEVELS[String(params.level)] ?? 'info';
    const text = typeof params.data === 'string' ? params.data : JSON.stringify(params.data ?? null);
    const ctx = calls.of(requestOf(params)) ?? calls.only();
    if (ctx) {
      const to = typeof params.logger === 'string' ? ctx.log.area(params.logger) : ctx.log;
      to[level](text);
    }
    log.debug(text, { level: String(params.level) });
  };

  const notices: Notices = {
    changed: () => undefined,
    updated: () => undefined,
    hear(method, params) {
      switch (method) {
        case 'notifications/tools/list_changed':
        case 'notifications/prompts/list_changed':
        case 'notifications/resources/list_changed':
          return notices.changed();
        case 'notifications/resources/updated':
          if (typeof params.uri === 'string') notices.updated(params.uri);
          return;
        case 'notifications/message':
          return logLine(params);
        case 'notifications/elicitation/complete':
          return completions.get(String(params.elicitationId))?.();
        default:
          // A newer server may say more than is known here.
          return;
      }
    },
    completed(elicitationId, ctx) {
      return new Promise((resolve, reject) => {
        completions.set(elicitationId, () => {
          completions.delete(elicitationId);
          resolve();
        });
        ctx.onAbort((reason) => {
          completions.delete(elicitationId);
          reject(reason as Error);
        });
      });
    },
  };
  return notices;
}
