import { isJsonObject } from './json.ts';

const MASK = '[redacted]';
const SECRET_KEY =
  /(^|[-_.]|access|auth|bearer|client|refresh)(authorization|cookie|password|passwd|secret|token|api[-_]?key|credential)s?$/i;
const SHAPES = [
  /\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g,
];
const SHORTEST = 6;

/** Whether a key's name says that its value is a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Hides secrets at the exits: logs, errors, audit lines and what commands print. */
export interface Redactor {
  /** Learns a secret value, and how it looks in base64 and in a URL. Values under six characters are not masked. */
  add(secret: string): void;
  text(text: string): string;
  /** A copy of a value with secret keys masked and every text redacted. */
  value(value: unknown): unknown;
}

/** A redactor that knows no secret values yet; shapes such as bearer tokens and keys are masked from the start. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  let pattern: RegExp | undefined;

  const text = (input: string): string => {
    let output = input;
    if (secrets.size > 0) {
      pattern ??= new RegExp(
        [...secrets]
          .sort((a, b) => b.length - a.length)
          .map(quoteForPattern)
          .join('|'),
        'g',
      );
      output = output.replace(pattern, MASK);
    }
    for (const shape of SHAPES) output = output.replace(shape, MASK);
    return output;
  };

  const value = (input: unknown): unknown => {
    if (typeof input === 'string') return text(input);
    if (Array.isArray(input)) return input.map(value);
    if (!isJsonObject(input)) return input;
    return Object.fromEntries(
      Object.entries(input).map(([key, item]) => [key, isSecretKey(key) && typeof item === 'string' ? MASK : value(item)]),
    );
  };

  return {
    add(secret) {
      if (secret.length < SHORTEST) return;
      secrets.add(secret).add(Buffer.from(secret).toString('base64')).add(encodeURIComponent(secret));
      pattern = undefined;
    },
    text,
    value,
  };
}

function quoteForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
