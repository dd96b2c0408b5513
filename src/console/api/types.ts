// The JSON API of the console, /api/console: what its routes take and answer. Times are milliseconds since 1970; durations are
// milliseconds unless a name says otherwise. Text that a plugin or a client wrote has at most 4 KB in lists.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonMap = { readonly [key: string]: Json };

/** The body of every error answer. */
export interface ApiError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly fix?: string;
    readonly field?: string;
    readonly fields?: { readonly [key: string]: string };
    readonly ref?: string;
  };
}

/** POST /login takes `{ code }` or `{ token }`. */
export interface LoginAnswer {
  readonly key: string;
  readonly who: string;
  readonly scopes: readonly string[];
  readonly expires: number;
}

/** A page of a list, newest first; `next` is the value of `before` for the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** GET /calls. `last` is the number of the latest call of this run of the gateway, whatever is asked for; 0 before the first one. */
export interface CallPage extends Page<CallLine> {
  readonly last: number;
}

export type CardState = 'ready' | 'starting' | 'restarting' | 'needs-config' | 'failed' | 'disabled' | 'withheld';

/** A state that has a cause: what happened and what to do. */
export interface Cause {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly command?: string;
}

/** How a plugin's own process runs; absent for plugins inside the gateway's process. */
export interface RunFacts {
  readonly pid?: number;
  readonly since?: number;
  readonly restarts: number;
  readonly nextTry?: number;
  /** Bytes. */
  readonly rss?: number;
  readonly cpuMs?: number;
  readonly isolation: string;
  readonly group?: string;
}

/** Calls of the last hour; percentiles in milliseconds, absent without calls. */
export interface HourFigures {
  readonly calls: number;
  readonly failed: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
}

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly format: string;
  /** The id of the plugin that brings it. */
  readonly parent?: string;
  readonly version: string;
  readonly state: CardState;
  readonly since: number;
  readonly why?: Cause;
  readonly offBy?: 'administrator' | 'mcp.json' | 'profile';
  readonly run?: RunFacts;
  readonly tools: number;
  readonly withheld: number;
  readonly needs: readonly string[];
  /** Estimates: characters / 4 of what the client is sent. */
  readonly tokens: { readonly tools: number; readonly instructions: number; readonly prompts: number };
  readonly hour: HourFigures;
}

/** One second or minute of counting. `ms` counts calls in 12 buckets of a logarithmic scale, see BUCKETS. */
export interface TallySlot {
  readonly at: number;
  readonly calls: number;
  readonly failed: number;
  readonly ms: readonly number[];
}

/** Upper bounds of the buckets in milliseconds; the last bucket has none. */
export const BUCKETS: readonly number[] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];

/** The one request of the first paint. */
export interface Overview {
  readonly revision: string;
  readonly version: string;
  readonly started: number;
  readonly now: number;
  readonly me: { readonly who: string; readonly scopes: readonly string[] };
  readonly config: {
    readonly file?: string;
    readonly warnings: readonly string[];
    /** The file that is there now was rejected; what is shown is the one before it. */
    readonly rejected?: { readonly message: string; readonly at: number };
    readonly fixed: readonly string[];
    readonly auditArguments: boolean;
    readonly lockFile: boolean;
  };
  /**
   * How a shell calls tools: by `command`, if the port of the page serves only the console, else over HTTP, with a token from the
   * variable `tokenFrom` if one is needed.
   */
  readonly shell: { readonly command?: readonly string[]; readonly tokenFrom?: string };
  readonly plugins: readonly Card[];
  readonly profiles: readonly string[];
  /** Seconds of the last 10 minutes and minutes of the last 24 hours that have calls; slots that are missing had none, slots before `started` are unknown. */
  readonly tally: { readonly seconds: readonly TallySlot[]; readonly minutes: readonly TallySlot[] };
  readonly failedCalls: readonly CallLine[];
  readonly approvals: number;
  readonly clients: readonly Client[];
  readonly changes: number;
  readonly tokens: number;
}

/** GET /plugins/:id */
export interface PluginDetails extends Card {
  readonly description?: string;
  readonly origin: string;
  readonly problems: readonly { readonly code: string; readonly subject?: string; readonly message: string }[];
  readonly quarantined: readonly { readonly name: string; readonly reason: string }[];
  readonly facts: JsonMap;
  /** Names of what the plugin declares and nothing runs yet. */
  readonly triggers: readonly string[];
  /** Calls that run now. */
  readonly active: number;
  /** The other plugins in its process, which restart with it, each with its calls that run now. */
  readonly beside: readonly { readonly id: string; readonly title: string; readonly active: number }[];
  /** How long running calls may still take when it is stopped, in milliseconds. */
  readonly drainMs: number;
  readonly commands: readonly string[];
}

/** POST /plugins/:id/choices */
export interface ChoicesAnswer {
  readonly choices: readonly { readonly value: string | number | boolean; readonly label: string; readonly group?: string }[];
}

/** GET /plugins/:id/settings; null if the plugin declares none. */
export interface SettingsAnswer {
  readonly revision: string;
  readonly schema: JsonMap;
  readonly settings: readonly SettingRow[];
  /** Stored values that can be changed and shown. */
  readonly values: JsonMap;
  /** Place of `"console": "fixed"` in mcp.json: nothing can be stored. */
  readonly closed?: string;
  readonly problems: readonly string[];
}
export interface SettingRow {
  readonly key: string;
  readonly title?: string;
  readonly description?: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly source: 'file' | 'environment' | 'console' | 'default' | 'unset' | 'missing';
  readonly at?: string;
  readonly since?: number;
  readonly fixed?: 'file' | 'only-file';
  readonly value?: Json;
}
/** PUT /plugins/:id/settings. */
export interface SettingsBody {
  readonly revision: string;
  readonly values: JsonMap;
  readonly secrets: { readonly [key: string]: string | null };
}
export interface SettingsSaved {
  readonly revision: string;
  readonly changed: readonly string[];
  readonly state: string;
  readonly needs: readonly string[];
  readonly why?: Cause;
}

/** One finished call, in the words of the audit log. */
export interface CallLine {
  readonly seq: number;
  readonly time: number;
  readonly principal: string;
  readonly profile: string;
  readonly transport: string;
  readonly era?: string;
  readonly client?: string;
  readonly plugin: string;
  readonly tool: string;
  readonly outcome: string;
  readonly code?: string;
  readonly consent?: string;
  readonly by?: string;
  readonly ms: number;
  readonly bytes: number;
  readonly ref?: string;
  /** Only where audit.arguments is on. */
  readonly arguments?: Json;
}

export interface LogLine {
  readonly seq: number;
  readonly time: number;
  readonly level: string;
  readonly text: string;
}
/**
 * GET /logs: lines of one area, oldest first; `dropped` counts the older lines that are no longer kept. `asked` is the area of the
 * request, which may name a plugin whose log has another name.
 */
export interface LogPage {
  readonly area: string;
  readonly asked: string;
  readonly areas: readonly string[];
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly next?: string;
}

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly version?: string;
  readonly principal: string;
  readonly profile: string;
  readonly transport: string;
  readonly era: string;
  readonly since: number;
  /** When it last connected: in the stateless era, when it last asked what this gateway is, or its first request. */
  readonly introduced: number;
  readonly lastCall?: number;
  /** When it last fetched the list of tools. */
  readonly listed?: number;
  readonly canBeAsked: boolean;
  readonly hasRoots: boolean;
  readonly watches: readonly string[];
}

/** GET /connect: how to set up one client. */
export interface ConnectRow {
  readonly client: string;
  readonly title: string;
  /** `note`: `text` is for the person to read, not to copy. */
  readonly kind: 'line' | 'file' | 'link' | 'note';
  readonly place?: string;
  /** What must be true first, or what to do with the file. */
  readonly note?: string;
  readonly text: string;
}
