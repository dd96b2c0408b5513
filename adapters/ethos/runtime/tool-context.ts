import type { NetworkBounds } from '../../../src/core/contract/bounds.ts';
import type { RuntimeCaller } from '../../../src/host/node/runtime.ts';
import { RESULT_BUDGET } from '../report.ts';
import type { Capabilities, Paths } from './capabilities/capabilities.ts';
import { NO_RULES } from './capabilities/hosts.ts';
import type { KvStores } from './capabilities/kv-store.ts';
import { createScopedFetch } from './capabilities/scoped-fetch.ts';
import { createScopedFs, type Reach } from './capabilities/scoped-fs.ts';
import { createScopedProcess } from './capabilities/scoped-process.ts';
import { createScopedStorage } from './capabilities/scoped-storage.ts';
import { createSecretsResolver } from './capabilities/secrets-resolver.ts';
import type { EthosParams, EthosStart } from './process-params.ts';
import type { Sessions } from './sessions.ts';

/** Data that contexts are built from. */
export interface ContextParts {
  readonly params: EthosParams;
  readonly references: EthosStart['references'];
  readonly sessions: Sessions;
  readonly stores: KvStores;
}

/** The call that a context is for. */
export interface ContextCall {
  readonly caller: RuntimeCaller;
  readonly signal: AbortSignal;
  readonly progress?: (event: ProgressEvent) => void;
}

/** A progress event of a tool. */
export interface ProgressEvent {
  readonly type?: string;
  readonly toolName?: string;
  readonly message?: string;
  readonly percent?: number;
  readonly audience?: string;
}

/** Builds the second argument of a tool or filter. Fields of undeclared capabilities are absent. */
export function createToolContext(
  { params, references, sessions, stores }: ContextParts,
  call: ContextCall,
  tool?: { readonly name: string; readonly maxResultChars?: unknown; readonly capabilities: Capabilities },
): object {
  const { caller, signal } = call;
  const { session: sessionId, profile, id, bounds } = caller;
  const workingDir = bounds.fs?.workdir ?? params.workingDir;
  const session = sessions.get(sessionId);
  const turn = tool ? ++session.turn : Math.max(1, session.turn);
  const limit = tool?.maxResultChars;
  const context: Record<string, unknown> = {
    sessionId,
    sessionKey: `mcp:${profile}`,
    platform: 'mcp',
    workingDir,
    currentTurn: turn,
    messageCount: turn,
    toolCallId: id,
    personalityId: profile,
    abortSignal: signal,
    resultBudgetChars: typeof limit === 'number' && limit > 0 ? Math.min(RESULT_BUDGET, limit) : RESULT_BUDGET,
    emit: (event: ProgressEvent) => call.progress?.(event),
    getContext: (key: string) => session.context.get(key),
    setContext: (key: string, value: unknown) => void session.context.set(key, value),
    dryRun: false,
    readMtimes: session.readMtimes,
    storage: createScopedStorage(storageReach(params.dataDir, bounds.fs), workingDir),
    ...(bounds.network ? { networkPolicy: toPolicy(bounds.network) } : {}),
  };
  if (!tool) return context;
  const { network, secrets, storage, files, binaries } = tool.capabilities;
  if (network) context.scopedFetch = createScopedFetch(network, bounds.network ?? NO_RULES, signal);
  if (secrets) context.secretsResolver = createSecretsResolver(secrets, references);
  if (storage) context.kvStore = stores.open(scopeOf(storage.scope, tool.name, sessionId, profile), storage.ttl);
  if (files) context.scopedFs = createScopedFs(reaches(files, bounds.fs), workingDir);
  if (binaries) context.scopedProcess = createScopedProcess(binaries, workingDir, signal);
  return context;
}

function toPolicy({ allow, deny, allowPrivate }: NetworkBounds): object {
  return { ...(allow ? { allow } : {}), deny, allow_private_urls: allowPrivate };
}

// The plugin's own folder and the folders that the profile allows.
function storageReach(own: string, bounds: Reach | undefined): Reach[] {
  return [{ read: [own, ...(bounds?.read ?? [])], write: [own, ...(bounds?.write ?? [])] }];
}

function scopeOf(scope: 'tool-private' | 'session' | 'personality', tool: string, session: string, profile: string): string {
  if (scope === 'tool-private') return `tool:${tool}`;
  return scope === 'session' ? `session:${session}` : `personality:${profile}`;
}

// The profile limits all paths. Without a profile, "from-personality" allows none.
function reaches(files: { readonly read: Paths; readonly write: Paths }, bounds: Reach | undefined): Reach[] {
  const own = (paths: Paths, kind: keyof Reach): readonly string[] => (paths === 'from-personality' ? (bounds?.[kind] ?? []) : paths);
  return [{ read: own(files.read, 'read'), write: own(files.write, 'write') }, ...(bounds ? [bounds] : [])];
}
