/** The keys of a file that hold upstream servers: the second one is how VS Code spells it. */
export const SERVER_KEYS = ['mcpServers', 'servers'] as const;

/** One of them. */
export type ServerKey = (typeof SERVER_KEYS)[number];

/** Whether a key of the file holds upstream servers. */
export function isServerKey(key: string | number | undefined): key is ServerKey {
  return key === 'mcpServers' || key === 'servers';
}
