// Loaded into a gateway before its own code: on SIGUSR2 it runs a garbage collection and writes its memory usage.
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', async () => {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  writeFileSync(process.env.TORTURE_PROBE, JSON.stringify(process.memoryUsage()));
});
