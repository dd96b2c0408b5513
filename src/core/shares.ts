/** Items of a limited resource by owner; selects which item to evict when the limit is reached. */
export class Shares<T> {
  readonly #byOwner = new Map<string, Set<T>>();
  #size = 0;

  /** Number of items of all owners. */
  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#byOwner.get(owner)?.size ?? 0;
  }

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

  /** The item of one owner to evict: the lowest `rank`. Items with rank undefined are never evicted. */
  firstOf(owner: string, rank: (item: T) => number | undefined): T | undefined {
    return first([this.#byOwner.get(owner) ?? []], rank);
  }

  /** The item to evict from the owner with the most items. Owners with fewer items than `asker` lose none. */
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
