import { fileURLToPath } from 'node:url';

/** How to start a process for JavaScript and TypeScript plugins. */
export function nodeLaunch(): { command: string; args: string[]; env: Record<string, string> } {
  return {
    command: process.execPath,
    args: [fileURLToPath(new URL('./child.js', import.meta.url))],
    env: {},
  };
}
