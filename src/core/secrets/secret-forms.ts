import { escapeForTerminal } from '../text/text.ts';

/** Shorter secrets are masked only as whole words, since they may be part of many other words. */
export const MIN_LENGTH_INSIDE_WORDS = 6;
const MIN_LENGTH = 3;
const MIN_LINE_LENGTH = 8;
/** Secrets of at least this many bytes are also recognised inside longer base64, such as that of `user:password`. */
const SHORTEST_INSIDE_BASE64 = 9;
const PLAIN_WORDS: ReadonlySet<string> = new Set('true false null none undefined yes no on off'.split(' '));

/** All encodings of a secret to mask; empty if masking it would garble ordinary texts. */
export function secretForms(secret: string): ReadonlySet<string> {
  const forms = new Set<string>();
  const text = secret.trim();
  if (text.length < MIN_LENGTH || PLAIN_WORDS.has(text.toLowerCase())) return forms;
  for (const one of new Set([secret, text, ...linesOf(text)])) addForms(one, forms);
  for (const form of forms) if (form.length < MIN_LENGTH) forms.delete(form);
  return forms;
}

// Streams are logged line by line, so each line of a key is a secret.
function linesOf(text: string): string[] {
  if (!/[\r\n]/.test(text)) return [];
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line.length >= MIN_LINE_LENGTH && !line.startsWith('-----'));
}

function addForms(text: string, forms: Set<string>): void {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const all = [text, json, ascii, json.replaceAll('/', '\\/'), JSON.stringify(json).slice(1, -1), escapeForTerminal(text)];
  // Plugins may print their environment as JSON, which may be encoded once more.
  for (const form of [...all, ...[text, json].flatMap((one) => [...urlForms(one), ...base64Forms(one)])]) forms.add(form);
}

function urlForms(text: string): string[] {
  // encodeURIComponent throws for lone surrogates.
  const whole = text.replace(/\p{Surrogate}/gu, '\ufffd');
  const encoded = encodeURIComponent(whole);
  const strict = encoded.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const inForm = new URLSearchParams([['', whole]]).toString().slice(1);
  const forms = [encoded, strict, strict.replaceAll('%20', '+'), inForm, encodeURI(whole)];
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))];
}

function base64Forms(text: string): string[] {
  const whole = Buffer.from(text);
  const forms = [whole.toString('base64')];
  if (whole.length >= SHORTEST_INSIDE_BASE64) {
    // The base64 of a substring depends on its offset modulo 3; characters that also encode neighbouring bytes are left out.
    for (let before = 0; before < 3; before++) {
      const shifted = Buffer.concat([Buffer.alloc(before), whole]);
      const usable = shifted.length - (shifted.length % 3);
      forms.push(
        shifted
          .subarray(0, usable)
          .toString('base64')
          .slice(before === 0 ? 0 : before + 1),
      );
    }
  }
  const bare = forms.map((form) => form.replace(/=+$/, ''));
  return [...forms, ...bare].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
