import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { plain } from '../data/hidden.ts';
import { approvals } from '../data/store.ts';
import { place } from '../router.ts';

/** The first screen does not take the focus. */
let shownPath: string | undefined;

/** A screen with its heading, which gets the focus after a navigation. */
export function Screen({ title, trail, children }: { title: string; trail?: ComponentChildren; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const path = place.value.path.join('/');
  const waiting = approvals.value;

  useEffect(() => {
    const before = shownPath;
    shownPath = path;
    if (before === undefined || path === before) return;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [path]);
  useEffect(() => {
    document.title = plain(`${waiting > 0 ? `(${waiting}) ` : ''}${title} – plugmux`);
  }, [title, waiting]);

  return (
    <>
      {trail && <p class="trail">{trail}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  );
}
