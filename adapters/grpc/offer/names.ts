/** A short name for each service, by its full name: the last part, with parts of the package where two would be equal. */
export function serviceNames(services: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  let open = services;
  for (let count = 1; open.length > 0; count++) {
    const short = (name: string): string => name.split('.').slice(-count).join('_');
    const claims = new Map<string, number>();
    for (const name of open) claims.set(short(name), (claims.get(short(name)) ?? 0) + 1);
    const taken = new Set(names.values());
    open = open.filter((name) => {
      const own = short(name);
      // With all its parts, a name can only be equal to one of another spelling, which the caller tells apart.
      if (name.split('.').length > count && (claims.get(own) !== 1 || taken.has(own))) return true;
      names.set(name, own);
      return false;
    });
  }
  return names;
}
