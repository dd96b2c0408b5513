import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../../app.ts';
import { stampOf } from '../../config/reload/stamp.ts';
import { toError } from '../../core/errors.ts';
import { configIdentity, identityDifferences } from '../../core/window/config-identity.ts';
import type { GatewayFacts } from '../../core/window/handshake.ts';
import type { WindowGateway } from '../../transports/windows/windows.ts';
import { type CliSession, checkProfile } from '../context.ts';

/** How long a window waits for the gateway to read a changed file. */
const REREAD_MS = 2_000;
const POLL_MS = 50;

/** What a gateway needs to serve windows. */
export interface GatewayParts {
  readonly kind: GatewayFacts['kind'];
  readonly app: App;
  readonly key: Buffer;
  readonly loads: LoadRecord;
  /** The address of the console; undefined if it is switched off. */
  readonly console: () => Promise<string | undefined>;
  /** Another program asks the gateway to end; returns why it does not. */
  asked(what: 'stop' | 'takeover'): string | undefined;
}

/** The last attempt to read the configuration. */
export interface LoadRecord {
  readonly load: CliSession['load'];
  /** Why the file as it was at `stamp` was rejected. */
  rejected(): { readonly stamp: string; readonly message: string } | undefined;
}

/** Records why the last configuration was rejected, to tell it to windows. */
export function recordLoads(load: CliSession['load'], file: () => string | undefined): LoadRecord {
  let rejected: { readonly stamp: string; readonly message: string } | undefined;
  return {
    load(took, given) {
      const stamp = stampOf([file() ?? '']);
      try {
        const config = load(took, given);
        rejected = undefined;
        return config;
      } catch (error) {
        rejected = { stamp, message: toError(error).message };
        throw error;
      }
    },
    rejected: () => rejected,
  };
}

/** The gateway as its windows see it. */
export function toWindowGateway({ kind, app, key, loads, console, asked }: GatewayParts): WindowGateway {
  const started = Date.now();
  return {
    engine: app.engine,
    limits: app.limits,
    facts: () => ({ kind, pid: process.pid, started, calls: app.calls(), plugins: app.plugins().length }),
    asked,
    console,
    async admit({ profile, config: theirs }) {
      const { file, state } = app.config();
      if (file === undefined) return { ok: false, reason: 'it has no configuration file' };
      const ours = configIdentity({ file, state }, readFileSync(file, 'utf8'), process.env, key);
      if (ours.text !== theirs.text) return { ok: false, reason: 'the configuration changes all the time', again: true };
      const differences = identityDifferences(ours, theirs);
      if (differences.length > 0)
        return { ok: false, reason: `the gateway that runs has other values: ${differences.join(', ')} (process ${process.pid})` };
      const warning = await untilRead(app, loads);
      if (!app.gateway.hasProfile(profile)) await app.registry.whenListed(app.limits.firstListMs);
      try {
        checkProfile(app, profile);
      } catch (error) {
        return { ok: false, reason: toError(error).message, final: true };
      }
      return warning === undefined ? {} : { warning };
    },
  };
}

// The watcher notices a change within a second.
async function untilRead(app: App, { rejected }: LoadRecord): Promise<string | undefined> {
  const until = performance.now() + REREAD_MS;
  for (;;) {
    const { file, files, stamp } = app.config();
    const now = stampOf([file ?? '']);
    if (now + stampOf(files) === stamp) return undefined;
    const last = rejected();
    if (last?.stamp === now) return `the configuration was not reloaded, the previous one stays active: ${last.message}`;
    if (performance.now() > until) return 'the gateway has not read the changed configuration yet';
    await sleep(POLL_MS, undefined, { ref: false });
  }
}
