import { isJsonObject } from '../json/json.ts';
import { secretForms } from './secret-forms.ts';
import { SecretIndex } from './secret-index.ts';
import { isSecretKey } from './secret-key.ts';

const MASK = '[redacted]';
// Each pattern with a literal that every match contains, for a quick check first.
const SHAPES = [
  ['earer', /\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{8,}/g],
  ['eyJ', /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g],
  ['-----BEGIN', /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g],
] as const;

/** Masks secrets in everything that leaves the gateway: logs, errors, audit lines, command output. */
export interface Redactor {
  /** Masks a value and its encodings, such as base64, from now on. Permanent, since a plugin may keep the value. */
  add(secret: string): void;
  text(text: string): string;
  /** Copies a value with all texts redacted, and the values of secret keys masked. */
  value(value: unknown): unknown;
  /** Copies a value with all texts redacted, regardless of their keys. */
  texts(value: unknown): unknown;
}

/** Creates a redactor without secret values; it masks bearer tokens, JWTs and PEM blocks from the start. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const index = new SecretIndex();

  const text = (input: string): string => {
    let output = index.mask(input, MASK);
    for (const [part, shape] of SHAPES) if (output.includes(part)) output = output.replace(shape, MASK);
    return output;
  };

  const copy = (input: unknown, byKey: boolean): unknown => {
    if (typeof input === 'string') return text(input);
    if (Array.isArray(input)) return input.map((item) => copy(item, byKey));
    if (!isJsonObject(input)) return input;
    const entries = Object.entries(input);
    return Object.fromEntries(
      entries.map(([key, item]) => [text(key), byKey && typeof item === 'string' && isSecretKey(key) ? MASK : copy(item, byKey)]),
    );
  };

  return {
    add(secret) {
      if (secrets.has(secret)) return;
      secrets.add(secret);
      for (const form of secretForms(secret)) index.add(form);
    },
    text,
    value: (input) => copy(input, true),
    texts: (input) => copy(input, false),
  };
}
