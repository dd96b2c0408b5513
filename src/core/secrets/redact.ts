import { isJsonObject } from '../json/json.ts';
import { secretForms } from './secret-forms.ts';
import { SecretIndex } from './secret-index.ts';
import { isSecretKey } from './secret-key.ts';

const MASK = '[redacted]';
// Each with a part that every text of its shape has: looking for that alone is quick.
const SHAPES = [
  ['earer', /\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{8,}/g],
  ['eyJ', /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g],
  ['-----BEGIN', /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g],
] as const;

/** Hides secrets at the exits: logs, errors, audit lines and what commands print. */
export interface Redactor {
  /** Learns a secret value and the forms it can take, such as base64; for good, since a plugin may keep it. */
  add(secret: string): void;
  text(text: string): string;
  /** A copy of a value with secret keys masked and every text redacted. */
  value(value: unknown): unknown;
  /** A copy with every text redacted, whatever key it stands under. */
  texts(value: unknown): unknown;
}

/** A redactor that knows no secret values yet; shapes such as bearer tokens and keys are masked from the start. */
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
