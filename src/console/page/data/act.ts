import { useState } from 'preact/hooks';
import { ask, type Method, type Refusal } from '../api.ts';
import { toRefusal } from './load.ts';

/** An action on a route: whether it runs, and why it failed. */
export interface Action {
  readonly busy: boolean;
  readonly error: Refusal | undefined;
  /** Resolves with the answer, or with undefined after a failure, which `error` then has. */
  run<T>(method: Method, path: string, body?: unknown): Promise<{ readonly answer: T } | undefined>;
  clear(): void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  return {
    busy,
    error,
    clear: () => setError(undefined),
    async run<T>(method: Method, path: string, body?: unknown) {
      setBusy(true);
      setError(undefined);
      try {
        return { answer: await ask<T>(method, path, body) };
      } catch (failed) {
        setError(toRefusal(failed));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
  };
}

/** A path of the API from its parts. */
export const route = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join('/');

/** A query from what is set. */
export function withQuery(path: string, query: { readonly [name: string]: string | undefined }): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}
