/** A bundle's name as the id of a plugin: real names have capitals, blanks and other signs. */
export function toId(name: string): string {
  return (
    name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 64) || 'bundle'
  );
}
