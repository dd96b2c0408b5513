import { randomBytes } from 'node:crypto';
import { type CallOutcome, type CodeInfo, ERROR_CODES, type ErrorCode } from './error-codes.ts';
import type { JsonObject } from './json/json.ts';
import { shorten } from './text/text.ts';

/** Longest text that a plugin's error, log line or question brings, in characters. */
export const MAX_TEXT_LENGTH = 16 * 1024;

/** What an error may tell beside its message; `at` is file:line:column, `retryAfterMs` milliseconds. */
export interface ErrorDetails {
  readonly outcome?: CallOutcome | undefined;
  readonly fix?: string | undefined;
  readonly plugin?: string | undefined;
  readonly tool?: string | undefined;
  readonly field?: string | undefined;
  readonly uri?: string | undefined;
  readonly at?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The only error type of the gateway: what happened and why in `message`, what to do in `fix`. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly fix: string;
  /** Finds the log line that belongs to this error. */
  readonly ref: string = randomBytes(4).toString('hex');

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.details = details;
    this.fix = details.fix ?? ERROR_CODES[code].fix;
  }

  /** The same failure where no call was in flight: what to do about it says nothing of one. */
  get idle(): GatewayError {
    const { idleFix }: CodeInfo = ERROR_CODES[this.code];
    if (idleFix === undefined || this.details.fix !== undefined) return this;
    return new GatewayError(this.code, this.message, { ...this.details, fix: idleFix });
  }

  /** Whether a call may be repeated, where the code or the details say. */
  get outcome(): CallOutcome | undefined {
    const info: CodeInfo = ERROR_CODES[this.code];
    return this.details.outcome ?? info.outcome;
  }

  /** The object of this error as clients see it: no stack, no cause. */
  toObject(): JsonObject {
    const { plugin, tool, field, uri, at, retryAfterMs } = this.details;
    const object: JsonObject = { code: this.code };
    const rest = {
      outcome: this.outcome,
      message: this.message,
      fix: this.fix,
      plugin,
      tool,
      field,
      uri,
      at,
      retryAfterMs,
      ref: this.ref,
    };
    for (const [key, value] of Object.entries(rest)) if (value !== undefined) object[key] = value;
    return object;
  }
}

/** Why a call ended, where it had not been sent by then. */
export function unsent(reason: unknown): unknown {
  if (!(reason instanceof GatewayError) || reason.outcome === 'NOT_SENT') return reason;
  const fix = 'Call again if it is still wanted: it had not been sent.';
  return new GatewayError(reason.code, reason.message, { ...reason.details, outcome: 'NOT_SENT', fix });
}

/** Any thrown value as an Error. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : describeThrown(thrown));
}

/** What a thrown value says, cut where it says too much: a text whatever its message is. */
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
