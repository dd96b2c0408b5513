import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** How long buttons stay inactive after their row has appeared or moved. */
const SETTLE_MS = 700;

interface Ready {
  /** The row has stood still for long enough. */
  readonly settled: boolean;
  /** The end of the arguments has been on screen. */
  readonly read: boolean;
  /** Asked at the click, since a screen may be drawn late. */
  tooEarly(): boolean;
}

/** Whether a row may be answered: not right after it appeared or moved, and only once its arguments were seen to the end. */
export function useReady(box: RefObject<HTMLElement | null>, end: RefObject<HTMLElement | null>, order: string, shown: string): Ready {
  const [settled, setSettled] = useState(false);
  // Of which arguments: others must be seen to their end again.
  const [seen, setSeen] = useState<string>();
  const read = seen === shown;
  const moved = useRef(performance.now());
  const place = useRef<number | undefined>(undefined);

  useEffect(() => {
    let timer: number | undefined;
    const look = () => {
      const row = box.current;
      if (!row) return;
      // Relative to the page: scrolling does not move a row, but what is inserted above does.
      const at = row.getBoundingClientRect().top + scrollY;
      if (at === place.current) return;
      place.current = at;
      moved.current = performance.now();
      setSettled(false);
      clearTimeout(timer);
      timer = setTimeout(() => setSettled(true), SETTLE_MS);
    };
    place.current = undefined;
    look();
    const watch = new ResizeObserver(look);
    watch.observe(document.body);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
    };
  }, [order, shown]);

  useEffect(() => {
    const last = end.current;
    if (!last || read) return;
    const watch = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(shown);
    });
    watch.observe(last);
    return () => watch.disconnect();
  }, [read, shown]);

  return { settled, read, tooEarly: () => performance.now() - moved.current < SETTLE_MS };
}
