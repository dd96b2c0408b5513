import { localCaller } from '../core/contract/caller.ts';
import type { Logger } from '../core/log.ts';
import type { Engine } from '../mcp/engine.ts';
import { type LineConnection, type LineLimits, serveLines } from './lines.ts';
import { claimStdout } from './stdout.ts';

/** Serves one client on stdin and stdout. From here on, all other output to stdout goes to stderr. */
export function serveStdio(engine: Engine, limits: LineLimits, profile: string, log: Logger): LineConnection {
  const names = { input: 'Standard input', output: 'Standard output' };
  return serveLines(engine, limits, localCaller(profile), { input: process.stdin, output: claimStdout(), names }, log);
}
