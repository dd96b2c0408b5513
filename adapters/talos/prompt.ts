const AUDIENCE = /^##\s+(common|planner|executor)\s*$/i;

/**
 * The part of a prompt.md for the model that calls the tools: the text before the first audience heading, then `## Common`,
 * then `## Executor`. Without such headings, the whole text.
 */
export function instructionsOf(text: string): string {
  const sections = new Map<string, string[]>();
  let current = 'lead';
  for (const line of text.replace(/\r\n/g, '\n').split('\n')) {
    const heading = AUDIENCE.exec(line)?.[1]?.toLowerCase();
    if (heading !== undefined) current = heading;
    const lines = sections.get(current) ?? [];
    sections.set(current, lines);
    if (heading === undefined) lines.push(line);
  }
  return ['lead', 'common', 'executor']
    .map((name) => (sections.get(name) ?? []).join('\n').trim())
    .filter((part) => part !== '')
    .join('\n\n');
}
