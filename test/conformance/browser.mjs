import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './judges.mjs';

/** The built command line. */
export const BIN = join(ROOT, 'dist/bundle/src/main.js');

const ADDRESS = /^ {2}(\S+)\n/m;

/** Runs `plugmux login` with a browser that follows its URL; returns whether the login succeeded. */
export async function logIn(server, config) {
  const args = [BIN, 'login', server, '--config', config, '--timeout', '10'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  let address;
  child.stdout.on('data', (chunk) => {
    out += chunk;
    if (address !== undefined) return;
    address = ADDRESS.exec(out)?.[1];
    if (address !== undefined) fetch(address).catch((error) => console.error(`the browser: ${error}`));
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  console.log(`login: ${code}`);
  return code === 0;
}
