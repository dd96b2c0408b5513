import type { ErrorCode } from '../../core/error-codes.ts';
import { GatewayError } from '../../core/errors.ts';
import { errorText, RPC } from '../../mcp/wire/wire.ts';

/** An HTTP error response, sent before any protocol code has seen the request. */
export class HttpError extends GatewayError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}, fix?: string) {
    super(code, message, fix === undefined ? {} : { fix });
    this.status = status;
    this.headers = headers;
  }

  /** The error as a JSON-RPC response without an id. */
  toRpc(): string {
    return errorText(null, this.status >= 500 ? RPC.internal : RPC.request, this.message, this.toObject());
  }
}
