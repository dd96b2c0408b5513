import { GatewayError } from '../../core/errors.ts';

/** Adds the file position of the key that an error names, found by `at`. */
export function withPlace(error: GatewayError, at: (...keys: readonly string[]) => string): GatewayError {
  const { code, message, details, fix } = error;
  if (code !== 'CONFIG_INVALID' || details.at !== undefined) return error;
  const place = at(...(details.field?.split('.') ?? []));
  return new GatewayError(code, `${place}: ${message}`, { ...details, at: place, fix });
}
