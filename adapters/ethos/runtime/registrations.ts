import type { EthosCommand, EthosFilter, EthosHandler, EthosHealthCheck, EthosInjector, EthosMonitor, EthosTool } from './format.ts';

/** Supported hooks. */
const FIRED = ['session_start', 'before_tool_call', 'after_tool_call', 'tool_end_with_path', 'before_prompt_build'];

/** Hooks about the original host's model and channels, which never fire here. */
const NEVER_FIRED = [
  'before_llm_call',
  'after_llm_call',
  'agent_done',
  'message_received',
  'message_sent',
  'message_sending',
  'personality_switched',
  'subagent_spawned',
  'subagent_spawning',
  'subagent_ended',
  'after_ticket_revision',
  'process_complete',
  'on_background_job_complete',
  'goal_completed',
  'goal_failed',
  'goal_exhausted',
  'goal_needs_clarification',
];

/** The registrations of one plugin, in order. */
export class Registrations {
  readonly tools = new Map<string, EthosTool>();
  readonly voidHooks = new Map<string, EthosHandler[]>();
  readonly modifyingHooks = new Map<string, EthosHandler[]>();
  readonly filters: EthosFilter[] = [];
  readonly injectors: EthosInjector[] = [];
  readonly personalities = new Map<string, object>();
  readonly commands = new Map<string, { readonly kind: 'prompt' | 'run' | 'slash'; readonly command: EthosCommand }>();
  readonly monitors = new Map<string, EthosMonitor>();
  readonly healthChecks: EthosHealthCheck[] = [];
  readonly unsupported = new Set<string>();
  readonly warnings = new Set<string>();
  readonly metrics = new Map<string, number>();

  addHook(hooks: Map<string, EthosHandler[]>, name: string, handler: EthosHandler): void {
    hooks.set(name, [...(hooks.get(name) ?? []), handler]);
    if (NEVER_FIRED.includes(name)) this.warnings.add(`It registered the hook "${name}", which never fires here.`);
    else if (!FIRED.includes(name)) this.warnings.add(`It registered the unknown hook "${name}", which never fires.`);
  }

  /** Removes all registrations. */
  clear(): void {
    for (const kept of [this.tools, this.voidHooks, this.modifyingHooks, this.personalities, this.commands, this.monitors]) kept.clear();
    for (const kept of [this.unsupported, this.warnings, this.metrics]) kept.clear();
    for (const list of [this.filters, this.injectors, this.healthChecks]) list.length = 0;
  }
}
