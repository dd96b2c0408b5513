/** The address of a source's resource. */
export function addressOf(plugin: string, trigger: string): string {
  return `trigger://${encodeURIComponent(plugin)}/${encodeURIComponent(trigger)}`;
}
