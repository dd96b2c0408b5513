import { signal } from '@preact/signals';
import { go } from './router.ts';

/** Keys that go to screens and walk through rows. None of them changes anything, and none works while typing. */

export const shortcutsOpen = signal(false);

const SCREENS: { readonly [key: string]: readonly string[] } = {
  o: [],
  p: ['plugins'],
  t: ['tools'],
  c: ['calls'],
  a: ['approvals'],
  l: ['logs'],
  k: ['clients'],
  n: ['connect'],
  h: ['changes'],
  m: ['map'],
};
/** How long `g` waits for the second key. */
const SECOND_KEY = 1500;

let goes = 0;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select, dialog *'));

export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    const path = Date.now() - goes < SECOND_KEY ? SCREENS[event.key] : undefined;
    goes = 0;
    if (path) go(path);
    else if (event.key === 'g') goes = Date.now();
    else if (event.key === '/') focusOn('input[type="search"]');
    else if (event.key === 'j' || event.key === 'k') walk(event.key === 'j' ? 1 : -1);
    else if (event.key === '?') shortcutsOpen.value = true;
    else return;
    event.preventDefault();
  });
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

// Rows are walked by the link or button that opens them.
function walk(by: number): void {
  const openers = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const at = openers.indexOf(document.activeElement as HTMLElement);
  openers[Math.min(openers.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}
