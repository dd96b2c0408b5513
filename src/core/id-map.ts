const EMPTY = -1;
const FIRST_SIZE = 16;

/**
 * A map with non-negative integer keys, for entries that are added and removed with each call. When a `Map` rehashes, its old
 * table keeps all values alive until the next full garbage collection; this one does not.
 */
export class IdMap<T> {
  // A hash table with linear probing.
  #ids = new Array<number>(FIRST_SIZE).fill(EMPTY);
  #values = new Array<T | undefined>(FIRST_SIZE).fill(undefined);
  #mask = FIRST_SIZE - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return id !== EMPTY && this.#ids[this.#find(id)] === id;
  }

  get(id: number): T | undefined {
    return this.#values[this.#find(id)];
  }

  set(id: number, value: T): void {
    let at = this.#find(id);
    if (this.#ids[at] === EMPTY) {
      if (this.#size * 2 > this.#mask) {
        this.#grow();
        at = this.#find(id);
      }
      this.#ids[at] = id;
      this.#size++;
    }
    this.#values[at] = value;
  }

  delete(id: number): boolean {
    let hole = this.#find(id);
    if (this.#ids[hole] === EMPTY) return false;
    const ids = this.#ids;
    const mask = this.#mask;
    // Moves collided entries up, so that no search stops too early.
    for (let at = (hole + 1) & mask; ids[at] !== EMPTY; at = (at + 1) & mask) {
      const other = ids[at] as number;
      if (((at - other) & mask) < ((at - hole) & mask)) continue;
      ids[hole] = other;
      this.#values[hole] = this.#values[at];
      hole = at;
    }
    ids[hole] = EMPTY;
    this.#values[hole] = undefined;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#ids.fill(EMPTY);
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** A snapshot of the entries, sorted by id. */
  entries(): [number, T][] {
    return this.#ids.flatMap((id, at): [number, T][] => (id === EMPTY ? [] : [[id, this.#values[at] as T]])).sort(([a], [b]) => a - b);
  }

  // Index of the id, or of the free slot for it.
  #find(id: number): number {
    let at = id & this.#mask;
    for (let known = this.#ids[at]; known !== id && known !== EMPTY; known = this.#ids[at]) at = (at + 1) & this.#mask;
    return at;
  }

  #grow(): void {
    const entries = this.entries();
    const size = this.#ids.length * 2;
    this.#ids = new Array<number>(size).fill(EMPTY);
    this.#values = new Array<T | undefined>(size).fill(undefined);
    this.#mask = size - 1;
    this.#size = 0;
    for (const [id, value] of entries) this.set(id, value);
  }
}
