import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, Refusal } from '../api.ts';
import { resyncs } from './store.ts';

/** What a GET route answers. Data stays while it is fetched anew and when that fails; then `error` says why. */
export interface Load<T> {
  readonly data: T | undefined;
  readonly error: Refusal | undefined;
  /** When the data came. */
  readonly at: number | undefined;
  reload(): void;
  set(data: T): void;
}

interface State<T> {
  readonly route: string;
  readonly data?: T | undefined;
  readonly error?: Refusal | undefined;
  readonly at?: number;
}

/** `path` undefined: nothing to fetch yet. `again`: fetched anew when it changes, as after each gap of the live channel. */
export function useLoad<T>(path: string | undefined, again?: unknown): Load<T> {
  const route = path?.split('?', 1)[0] ?? '';
  const [state, setState] = useState<State<T>>({ route });
  const [turn, setTurn] = useState(0);
  const gap = resyncs.value;
  const newest = useRef(0);

  useEffect(() => {
    if (path === undefined) return;
    const abort = new AbortController();
    const mine = ++newest.current;
    ask<T>('GET', path, undefined, abort.signal).then(
      (data) => mine === newest.current && setState({ route, data, at: Date.now() }),
      (error) => {
        if (mine !== newest.current || (error instanceof Refusal && error.code === 'ABORTED')) return;
        setState((before) => ({ ...(before.route === route ? before : { route }), error: toRefusal(error) }));
      },
    );
    return () => abort.abort();
  }, [path, again, turn, gap]);

  const current = state.route === route ? state : { route };
  return {
    data: current.data,
    error: current.error,
    at: current.at,
    reload: () => setTurn((n) => n + 1),
    set: (data) => {
      newest.current++;
      setState({ route, data, at: Date.now() });
    },
  };
}

/** Errors of the page itself are shown like those of the gateway. */
export function toRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(0, { code: 'PAGE_FAILED', message: String(error) });
}
