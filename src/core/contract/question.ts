import type { JsonObject } from '../json/json.ts';

/** Kinds of requests to the client during a call. */
export type QuestionKind = 'form' | 'url' | 'sampling' | 'roots';

/** One request to the client: a form or URL for the user, sampling by its model, or its root folders. */
export type Question =
  | { readonly kind: 'form'; readonly message: string; readonly schema: JsonObject }
  | { readonly kind: 'url'; readonly message: string; readonly url: string }
  | { readonly kind: 'sampling'; readonly params: JsonObject }
  | { readonly kind: 'roots' };

/** Questions by keys of the asker's choice; sent together if the client supports it. */
export type Questions = Readonly<Record<string, Question>>;

/**
 * Answers by the keys of their questions. Form and URL: `{ action: 'accept' | 'decline' | 'cancel', content? }`; sampling:
 * the model's message; roots: `{ roots: [{ uri, name? }] }`. Untrusted input.
 */
export type Answers = Readonly<Record<string, JsonObject>>;
