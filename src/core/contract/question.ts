import type { JsonObject } from '../json/json.ts';

/** What can be asked of the client behind a call. */
export type QuestionKind = 'form' | 'url' | 'sampling' | 'roots';

/** One question: a form or an address for the person, a text for the client's model, or the client's root folders. */
export type Question =
  | { readonly kind: 'form'; readonly message: string; readonly schema: JsonObject }
  | { readonly kind: 'url'; readonly message: string; readonly url: string }
  | { readonly kind: 'sampling'; readonly params: JsonObject }
  | { readonly kind: 'roots' };

/** Questions by a key of the asker's own choice; they are asked together where the client can take them so. */
export type Questions = Readonly<Record<string, Question>>;

/**
 * Answers under the keys of their questions. A form or address: `{ action: 'accept' | 'decline' | 'cancel', content? }`;
 * sampling: the model's message; roots: `{ roots: [{ uri, name? }] }`. All of it is untrusted.
 */
export type Answers = Readonly<Record<string, JsonObject>>;
