import { useEffect, useRef } from 'preact/hooks';
import type { CallPage } from '../../api/types.ts';
import { ask } from '../api.ts';
import { withQuery } from './act.ts';
import { addCalls, leftOut } from './store.ts';

/** A burst leaves calls out of every message for as long as it lasts. */
const WAIT = 500;
/** As many as the page keeps. */
const LATEST = 500;

/** Fetches the calls that the live channel left out, once rows may move. Those that cannot be had now are tried with the next. */
export function useLeftOut(isStill: boolean): void {
  const times = leftOut.value;
  const fetched = useRef(times);
  useEffect(() => {
    if (isStill || fetched.current === times) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask<CallPage>('GET', withQuery('calls', { limit: String(LATEST) }), undefined, abort.signal).then(
        ({ items }) => {
          fetched.current = times;
          addCalls(items);
        },
        () => undefined,
      );
    }, WAIT);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [isStill, times]);
}
