import type { CallContext } from '../../../src/core/contract/tool.ts';
import { toJsonText } from '../../../src/core/json/exact-number.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Logger } from '../../../src/core/log.ts';
import { shorten, showName } from '../../../src/core/text/text.ts';
import type { InFlight } from '../connection/in-flight.ts';
import type { ListKind } from '../lists/listed.ts';

/** Handles the notifications of one connection. */
export interface ServerNotifications {
  /** Handles a notification. Returns why it is invalid, or undefined. `request`: id of the request on whose stream it arrived. */
  handle(method: string, params: JsonObject, request: number | undefined): string | undefined;
  /** Called when lists have changed. Without `kinds`, any may have. */
  changed: (kinds?: readonly ListKind[]) => void;
  /** Called when the contents of a resource have changed. */
  updated: (uri: string) => void;
  /** Resolves when the server reports that a URL elicitation is complete (2025-11-25). */
  completed(elicitationId: string, ctx: CallContext): Promise<void>;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

const MAX_LINE_LENGTH = 16 * 1024;

// The protocol's eight levels as the gateway's four.
const LEVELS: ReadonlyMap<string, Level> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['notice', 'info'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['critical', 'error'],
  ['alert', 'error'],
  ['emergency', 'error'],
]);

/** Log messages go to the log and, if the call they belong to is known, to its client. */
export function createServerNotifications(calls: InFlight, log: Logger): ServerNotifications {
  const completions = new Map<string, () => void>();

  const logLine = ({ level, logger, data }: JsonObject, request: number | undefined): string | undefined => {
    if (!isTextOrAbsent(level)) return 'a log message whose level is not a string';
    if (!isTextOrAbsent(logger)) return 'a log message whose logger is not a string';
    const text = shorten(typeof data === 'string' ? data : toJsonText(data ?? null), MAX_LINE_LENGTH);
    const ctx = calls.of(request) ?? calls.only();
    if (ctx) {
      const to = logger ? ctx.log.area(showName(logger)) : ctx.log;
      to[LEVELS.get(level ?? '') ?? 'info'](text);
    }
    log.debug(text, { level: showName(level ?? '') });
    return undefined;
  };

  const notifications: ServerNotifications = {
    changed: () => undefined,
    updated: () => undefined,
    handle(method, params, request) {
      switch (method) {
        case 'notifications/tools/list_changed':
          notifications.changed(['tools']);
          return undefined;
        case 'notifications/prompts/list_changed':
          notifications.changed(['prompts']);
          return undefined;
        case 'notifications/resources/list_changed':
          notifications.changed(['resources', 'resourceTemplates', 'skills']);
          return undefined;
        case 'notifications/resources/updated':
          if (typeof params.uri !== 'string') return 'a changed resource without an address';
          notifications.updated(params.uri);
          return undefined;
        case 'notifications/message':
          return logLine(params, request);
        case 'notifications/elicitation/complete':
          if (typeof params.elicitationId !== 'string') return 'the end of a question without its id';
          completions.get(params.elicitationId)?.();
          return undefined;
        default:
          // Newer servers may send notifications that are unknown here.
          return undefined;
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
  return notifications;
}

function isTextOrAbsent(value: unknown): value is string | undefined | null {
  return value === undefined || value === null || typeof value === 'string';
}
