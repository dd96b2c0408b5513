import type { Config } from '../config/config.ts';
import type { Limits } from '../config/limits.ts';
import type { Logger } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import type { ConsoleApprovals } from '../gateway/approval/console-approvals.ts';
import type { Rejection } from '../gateway/config-reload.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { PluginAdmin } from '../gateway/plugin-admin.ts';
import type { SettingsAdmin } from '../gateway/settings-admin.ts';
import type { LogRing } from '../gateway/stats/log-ring.ts';
import type { ToolSwitchAdmin } from '../gateway/tool-switch-admin.ts';
import type { Engine } from '../mcp/engine.ts';
import type { Grants } from '../policy/grants.ts';
import type { Pins } from '../policy/pins.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { StateFile } from '../store/state-file.ts';
import type { Edge } from '../transports/edge/edge.ts';

/** The gateway as the console needs it. */
export interface ConsoleApp {
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly engine: Engine;
  readonly grants: Grants;
  readonly approvals: ConsoleApprovals;
  readonly pins: Pins;
  readonly admin: PluginAdmin;
  readonly settings: SettingsAdmin;
  readonly logs: LogRing;
  readonly switches: ToolSwitchAdmin;
  readonly stateFile: StateFile;
  readonly limits: Limits;
  config(): Config;
  rejection(): Rejection | undefined;
  policy(): Policy;
  failedLogin(address: string, reason: string): void;
  /** Calls in flight. */
  calls(): number;
}

/** What the console is built from. */
export interface ConsoleParts {
  readonly app: ConsoleApp;
  readonly edge: Edge;
  readonly redactor: Redactor;
  /** The command that clients start to reach this gateway; absent if the port of the console serves them too. */
  readonly command?: readonly string[];
  readonly log: Logger;
}
