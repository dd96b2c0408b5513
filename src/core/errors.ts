import { randomBytes } from 'node:crypto';
import type { CallOutcome, CodeInfo } from './contract/call-outcome.ts';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import type { JsonObject } from './json/json.ts';
import { shorten } from './text/text.ts';

/** Longest text of a plugin's error, log line or question, in characters. */
export const MAX_TEXT_LENGTH = 16 * 1024;

/** Optional fields of an error; `at` is file:line:column. */
export interface ErrorDetails {
  readonly outcome?: CallOutcome | undefined;
  readonly fix?: string | undefined;
  readonly plugin?: string | undefined;
  readonly tool?: string | undefined;
  readonly field?: string | undefined;
  /** What is wrong with each of several fields. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly uri?: string | undefined;
  readonly at?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** All scopes that a call needs, for a caller that lacks one. */
  readonly scopes?: readonly string[] | undefined;
  /** How a person refused the call, and who did so if that was not the client's user. For records, not for clients. */
  readonly consent?: string | undefined;
  readonly by?: string | undefined;
  readonly cause?: unknown;
}

/** The gateway's error type: `message` says what failed and why, `fix` what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly fix: string;
  /** Random id that also appears in the log line of this error. */
  readonly ref: string = randomBytes(4).toString('hex');

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.details = details;
    this.fix = details.fix ?? ERROR_CODES[code].fix;
  }

  /** This error with the fix for the case that no call was in flight. */
  get idle(): GatewayError {
    const { idleFix }: CodeInfo = ERROR_CODES[this.code];
    if (idleFix === undefined || this.details.fix !== undefined) return this;
    return new GatewayError(this.code, this.message, { ...this.details, fix: idleFix });
  }

  /** Whether it refuses a call for what its client can change: its login, or how often it calls. */
  get isRefusal(): boolean {
    return this.code === 'SCOPE_MISSING' || this.code === 'RATE_LIMITED';
  }

  /** Whether the call was sent and answered; undefined if neither details nor code define it. */
  get outcome(): CallOutcome | undefined {
    const info: CodeInfo = ERROR_CODES[this.code];
    return this.details.outcome ?? info.outcome;
  }

  /** The error as clients receive it: without stack and cause. */
  toObject(): JsonObject {
    const { plugin, tool, field, fields, uri, at, retryAfterMs, scopes } = this.details;
    const object: JsonObject = { code: this.code };
    const rest = {
      outcome: this.outcome,
      message: this.message,
      fix: this.fix,
      plugin,
      tool,
      field,
      fields: fields && { ...fields },
      uri,
      at,
      retryAfterMs,
      scopes: scopes && [...scopes],
      ref: this.ref,
    };
    for (const [key, value] of Object.entries(rest)) if (value !== undefined) object[key] = value;
    return object;
  }
}

/** Marks the reason why a call ended as NOT_SENT, for a call that never reached its tool. */
export function unsent(reason: unknown): unknown {
  if (!(reason instanceof GatewayError) || reason.outcome === 'NOT_SENT') return reason;
  const fix = 'Call again if still needed: the call was not sent.';
  return new GatewayError(reason.code, reason.message, { ...reason.details, outcome: 'NOT_SENT', fix });
}

/** Converts any thrown value to an Error. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : describeThrown(thrown));
}

/** The message of any thrown value, at most 16 K characters. Never throws. */
export function thrownText(thrown: unknown): string {
  try {
    return shorten(String(toError(thrown).message), MAX_TEXT_LENGTH);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}

function describeThrown(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}
