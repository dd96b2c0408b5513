import { writeSync } from 'node:fs';

export const handlers = {
  // Descriptor 4 is the channel from a plugin process to the gateway.
  write: async ({ line }: { line: string }) => {
    writeSync(4, `${line}\n`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return 'written';
  },
};
