/** Items that several owners hold of something limited, and which item goes if there is no room for one more. */
export class Shares<T> {
  readonly #byOwner = new Map<string, Set<T>>();
  #size = 0;

  /** Items of all owners. */
  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#byOwner.get(owner)?.size ?? 0;
  }

  /** The items of one owner. */
  of(owner: string): Iterable<T> {
    return this.#byOwner.get(owner) ?? [];
  }

  add(owner: string, item: T): void {
    const own = this.#byOwner.get(owner) ?? new Set();
    this.#byOwner.set(owner, own.add(item));
    this.#size++;
  }

  delete(owner: string, item: T): void {
    const own = this.#byOwner.get(owner);
    if (!own?.delete(item)) return;
    this.#size--;
    if (own.size === 0) this.#byOwner.delete(owner);
  }

  /** The item of one owner that goes first. `rank`: the lowest goes first, undefined never. */
  firstOf(owner: string, rank: (item: T) => number | undefined): T | undefined {
    return first([this.#byOwner.get(owner) ?? []], rank);
  }

  /** The item of the owner with most items that goes first; an owner with fewer items than `asker` loses none to it. */
  firstOfLargest(asker: string, rank: (item: T) => number | undefined): T | undefined {
    const groups = [...this.#byOwner.values()].filter(({ size }) => size >= this.sizeOf(asker)).sort((a, b) => b.size - a.size);
    for (let at = 0; at < groups.length; ) {
      const equals = groups.slice(at).filter(({ size }) => size === groups[at]?.size);
      const found = first(equals, rank);
      if (found !== undefined) return found;
      at += equals.length;
    }
    return undefined;
  }
}

function first<T>(groups: readonly Iterable<T>[], rank: (item: T) => number | undefined): T | undefined {
  let best: T | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    for (const item of group) {
      const own = rank(item);
      if (own === undefined || own >= lowest) continue;
      best = item;
      lowest = own;
    }
  }
  return best;
}
