/** A name as the id of a plugin. */
export function toId(name: string): string {
  return (
    name
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[-.]+/, '')
      .slice(0, 64) || 'plugin'
  );
}
