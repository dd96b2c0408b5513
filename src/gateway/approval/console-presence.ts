const USED_MS = 5 * 60_000;
/** A page that reloads or reconnects is back within this time. */
const BACK_MS = 15_000;

/** Whether a person would see a call that waits in the console. Pages are identified by any object, such as their socket. */
export interface ConsolePresence {
  /** A page of an administrator is open: whether it is visible now, and may show desktop notices. Reported again when it is used. */
  used(page: object, state: { readonly visible: boolean; readonly notices: boolean }): void;
  /** The page was closed. */
  left(page: object): void;
  /** Whether a page is visible, was visible or used within 5 minutes, or may show desktop notices. */
  isThere(): boolean;
}

interface Page {
  readonly visible: boolean;
  readonly notices: boolean;
  readonly at: number;
}

/** No pages yet; `now` is monotonic, in ms. */
export function createConsolePresence(now: () => number = () => performance.now()): ConsolePresence {
  const pages = new Map<object, Page>();
  let back = Number.NEGATIVE_INFINITY;
  const counts = ({ visible, notices, at }: Page): boolean => visible || notices || now() - at < USED_MS;
  return {
    used: (page, { visible, notices }) => void pages.set(page, { visible, notices, at: now() }),
    left(page) {
      const known = pages.get(page);
      if (known && counts(known)) back = now() + BACK_MS;
      pages.delete(page);
    },
    isThere: () => now() < back || [...pages.values()].some(counts),
  };
}
