import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../../src/core/errors.ts';
import type { Connection } from './connection.ts';
import type { PluginProgram } from './program.ts';

const TRIES = 3;
const PAUSE_MS = 500;

/** Sends a plugin its settings, even if empty: some plugins fail every call otherwise. */
export async function configure(connection: Connection, { settings, startMs }: PluginProgram): Promise<void> {
  let why = '';
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (attempt > 1) await sleep(PAUSE_MS);
    try {
      const refused = await connection.configure(settings, startMs);
      if (refused === undefined) return;
      why = refused;
    } catch (error) {
      why = (error as Error).message;
    }
  }
  throw new GatewayError('PLUGIN_FAILED', `The plugin failed to configure: ${why}`, {
    fix: 'Correct its "settings" or "credentials" in mcp.json.',
  });
}
