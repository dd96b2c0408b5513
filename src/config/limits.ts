interface LimitInfo {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'count' | 'levels' | 'characters';
  readonly meaning: string;
}

const KB = 1024;
const MB = 1024 * KB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A default that no client reaches: nothing is counted. */
export const NO_LIMIT = 1_000_000_000;

/** Every limit of the gateway with its default. Sizes are in bytes, times in milliseconds. */
export const LIMITS = {
  messageBytes: {
    value: 4 * MB,
    unit: 'bytes',
    meaning: 'one HTTP body, stdio line or WebSocket message from a client',
  },
  jsonDepth: { value: 64, unit: 'levels', meaning: 'nesting of a message' },
  jsonKeys: { value: 10_000, unit: 'count', meaning: 'keys in one message' },
  jsonItems: {
    value: 100_000,
    unit: 'count',
    meaning: 'elements of one array in a message',
  },
  resultBytes: { value: 8 * MB, unit: 'bytes', meaning: 'result of one call' },
  resultChars: {
    value: 2 * MB,
    unit: 'characters',
    meaning: 'text of one result; a longer text is cut and stored as a resource. At least resultBytes if that is set',
  },
  resultDepth: { value: 64, unit: 'levels', meaning: 'nesting of a result' },
  toolNameChars: {
    value: 128,
    unit: 'characters',
    meaning: "a tool's own name",
  },
  descriptionChars: {
    value: 4 * KB,
    unit: 'characters',
    meaning: "a tool's description",
  },
  schemaBytes: {
    value: 64 * KB,
    unit: 'bytes',
    meaning: "a tool's input schema without its descriptions; arguments of a larger one are not checked",
  },
  toolsPerPlugin: { value: 500, unit: 'count', meaning: 'tools of one plugin' },
  tools: { value: 2_000, unit: 'count', meaning: 'tools of all plugins' },
  keptBytes: {
    value: 32 * MB,
    unit: 'bytes',
    meaning: 'full texts of cut results, stored in memory',
  },
  keptMs: {
    value: 60 * MINUTE,
    unit: 'ms',
    meaning: 'how long the full text of a cut result is stored',
  },
  cachedResults: {
    value: 1_000,
    unit: 'count',
    meaning: 'cached results of tools that allow caching',
  },
  cachedBytes: {
    value: 16 * MB,
    unit: 'bytes',
    meaning: 'memory of cached results',
  },
  callsPerClient: {
    value: 32,
    unit: 'count',
    meaning: 'calls in flight of one client',
  },
  callsPerPlugin: {
    value: 64,
    unit: 'count',
    meaning: 'calls in flight in one plugin',
  },
  calls: { value: 1_000, unit: 'count', meaning: 'calls in flight in total' },
  callsPerMinute: {
    value: NO_LIMIT,
    unit: 'count',
    meaning: 'calls of one principal in a minute',
  },
  queueMs: {
    value: 2 * SECOND,
    unit: 'ms',
    meaning: 'wait for other calls to end or a plugin to restart before a call is rejected',
  },
  callTimeoutMs: {
    value: MINUTE,
    unit: 'ms',
    meaning: 'one call, unless the tool, plugin or format sets another limit',
  },
  callCapMs: {
    value: 10 * MINUTE,
    unit: 'ms',
    meaning: 'one call even if it reports progress, unless its own limit is longer',
  },
  askMs: { value: 10 * MINUTE, unit: 'ms', meaning: 'one question to a client' },
  headerMs: {
    value: 10 * SECOND,
    unit: 'ms',
    meaning: 'arrival of the HTTP headers',
  },
  bodyMs: {
    value: 30 * SECOND,
    unit: 'ms',
    meaning: 'arrival of a whole HTTP request',
  },
  keepAliveMs: {
    value: 5 * SECOND,
    unit: 'ms',
    meaning: 'an idle HTTP connection; 75 s with listen.proxies, unless it is set',
  },
  connectionsPerAddress: {
    value: 64,
    unit: 'count',
    meaning: 'connections from one address',
  },
  connectionsLoopback: {
    value: 1_024,
    unit: 'count',
    meaning: 'connections from this machine',
  },
  connections: { value: 2_000, unit: 'count', meaning: 'connections in total' },
  sessionsPerPrincipal: {
    value: 100,
    unit: 'count',
    meaning: 'HTTP sessions of one token',
  },
  sessions: { value: 10_000, unit: 'count', meaning: 'HTTP sessions in total' },
  sessionIdleMs: {
    value: 30 * MINUTE,
    unit: 'ms',
    meaning: 'a session without a stream, a call or a message',
  },
  queuedBytes: {
    value: 16 * MB,
    unit: 'bytes',
    meaning: 'bytes waiting for one slow reader',
  },
  startTimeoutMs: {
    value: 30 * SECOND,
    unit: 'ms',
    meaning: 'one stage of loading a plugin; also how long commands wait for a server that is starting',
  },
  startCapMs: {
    value: 10 * MINUTE,
    unit: 'ms',
    meaning: 'start of an upstream server that runs but has not responded yet',
  },
  stopGraceMs: {
    value: 2 * SECOND,
    unit: 'ms',
    meaning: 'time between SIGTERM and SIGKILL for a plugin process',
  },
  pluginStopMs: {
    value: 5 * SECOND,
    unit: 'ms',
    meaning: "a plugin's own stop function",
  },
  restartMinMs: {
    value: 250,
    unit: 'ms',
    meaning: 'first wait before a crashed plugin is started again',
  },
  restartMaxMs: {
    value: 30 * SECOND,
    unit: 'ms',
    meaning: 'longest wait before a crashed plugin is started again',
  },
  circuitFailures: {
    value: 5,
    unit: 'count',
    meaning: 'failures within the window that open the circuit',
  },
  circuitWindowMs: {
    value: MINUTE,
    unit: 'ms',
    meaning: 'window in which failures are counted; as long without a failure resets the count',
  },
  unresponsiveMs: {
    value: 2 * SECOND,
    unit: 'ms',
    meaning: 'silence of a plugin process before it gets no new calls',
  },
  hungMs: {
    value: 10 * SECOND,
    unit: 'ms',
    meaning: 'silence of a plugin process without calls before it is killed',
  },
  drainMs: {
    value: 10 * SECOND,
    unit: 'ms',
    meaning: 'calls in flight at shutdown or replacement',
  },
  stderrBytes: {
    value: 64 * KB,
    unit: 'bytes',
    meaning: "end of a plugin's output that is kept for error messages",
  },
  stderrLinesPerSecond: {
    value: 200,
    unit: 'count',
    meaning: "logged lines of a plugin's output",
  },
  failedLoginsPerMinute: {
    value: 20,
    unit: 'count',
    meaning: 'failed logins of one address, or with one token; a valid token always passes',
  },
  firstListMs: {
    value: 5 * SECOND,
    unit: 'ms',
    meaning: 'how long the first list waits for plugins that are still opening',
  },
  events: { value: 500, unit: 'count', meaning: 'stored events of one trigger' },
  eventDays: { value: 7, unit: 'count', meaning: 'days that an event is stored' },
} as const satisfies Record<string, LimitInfo>;

/** The name of a limit. */
export type LimitName = keyof typeof LIMITS;

/** A value for every limit. */
export type Limits = Readonly<Record<LimitName, number>>;

/** Pairs of limits; the first must not exceed the second. */
export const ORDERED_LIMITS = [
  ['restartMinMs', 'restartMaxMs'],
  ['unresponsiveMs', 'hungMs'],
  ['sessionsPerPrincipal', 'sessions'],
  ['connectionsPerAddress', 'connections'],
  ['headerMs', 'bodyMs'],
  ['startTimeoutMs', 'startCapMs'],
] as const satisfies readonly (readonly [LimitName, LimitName])[];

/** Proxies keep idle connections for 60 s or more; closing them earlier makes the proxy's next request fail. */
const PROXIED_KEEP_ALIVE_MS = 75 * SECOND;

/** The defaults with overrides. A default that contradicts an override is adjusted to it. `proxied`: clients come through proxies. */
export function toLimits(overrides: Partial<Record<LimitName, number | undefined>> = {}, proxied = false): Limits {
  const limits = Object.fromEntries(Object.entries(LIMITS).map(([name, info]) => [name, info.value])) as Record<LimitName, number>;
  if (proxied) limits.keepAliveMs = PROXIED_KEEP_ALIVE_MS;
  for (const [name, value] of Object.entries(overrides)) if (value !== undefined) limits[name as LimitName] = value;
  for (const [lower, upper] of ORDERED_LIMITS) {
    if (limits[lower] <= limits[upper]) continue;
    if (overrides[lower] === undefined) limits[lower] = limits[upper];
    else limits[upper] = limits[lower];
  }
  // A raised resultBytes means that larger results are wanted uncut.
  if (overrides.resultBytes !== undefined && overrides.resultChars === undefined)
    limits.resultChars = Math.max(limits.resultChars, limits.resultBytes);
  return Object.freeze(limits);
}
