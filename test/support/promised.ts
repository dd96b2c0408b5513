/** One promise of the gateway, and the source that requires it. */
export interface Requirement {
  readonly promise: string;
  /** A page of the protocol's specification, another standard, or the part of this project that it concerns. */
  readonly source: string;
}

const known = new Set<string>();

/** A group of promises from one source. Throws if an id exists already. */
export function promised<Id extends string>(source: string, promises: Readonly<Record<Id, string>>): Record<Id, Requirement> {
  for (const id of Object.keys(promises)) {
    if (known.has(id)) throw new Error(`duplicate promise ${id}`);
    known.add(id);
  }
  const entries = Object.entries<string>(promises).map(([id, promise]) => [id, { promise, source }]);
  return Object.fromEntries(entries) as Record<Id, Requirement>;
}
