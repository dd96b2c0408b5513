/** The keys of a file that hold upstream servers. VS Code uses the second. */
export const SERVER_KEYS = ['mcpServers', 'servers'] as const;

/** A key that holds upstream servers. */
export type ServerKey = (typeof SERVER_KEYS)[number];

/** Whether a key of the file holds upstream servers. */
export function isServerKey(key: string | number | undefined): key is ServerKey {
  return key === 'mcpServers' || key === 'servers';
}
