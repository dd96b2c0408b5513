import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, toError } from '../../core/errors.ts';
import type { GroupMember } from './group-member.ts';
import type { PluginWorker } from './worker.ts';

/** A member that takes longer than this to initialise is slow, in milliseconds. */
const SLOW_MS = 1_000;

/** A member that prevented the start of the worker. */
export interface Culprit {
  readonly member: GroupMember;
  readonly error: GatewayError;
  /** The worker died. If several members were loading at that time, any of them may be the cause. */
  readonly died?: true;
}

/** How members are loaded. */
export interface Loading {
  /** Longest time for one stage, in milliseconds, unless a member has its own limit. */
  readonly stageMs: number;
  /** Whether members that allow it initialise in parallel. */
  readonly sideBySide: boolean;
  /** Called when members may become ready before others, so that ready ones can be served. */
  begun(): void;
}

/**
 * Loads the members of a worker in order, then initialises them in order or in parallel. An error of a member affects only
 * that member. Returns the members that ended the worker, if any.
 */
export async function loadMembers(
  worker: PluginWorker,
  members: readonly GroupMember[],
  { stageMs, sideBySide, begun }: Loading,
): Promise<Culprit[]> {
  const opened: GroupMember[] = [];
  const slow = new Set<GroupMember>();
  const markLate = (): void => {
    if (members.some((member) => member.state() === 'ready')) for (const member of slow) member.markLate();
  };
  const initialising: Promise<Culprit[]>[] = [];
  const initialize = async (member: GroupMember): Promise<Culprit[]> => {
    const timer = setTimeout(() => {
      slow.add(member);
      markLate();
    }, SLOW_MS).unref();
    const outcome = await stage(worker, member, member.spec.startTimeoutMs ?? stageMs, async () =>
      member.setReport(await worker.initialize(member.spec.id)),
    );
    clearTimeout(timer);
    slow.delete(member);
    if (outcome.done) member.move('ready');
    markLate();
    return culpritsOf(member, outcome);
  };
  for (const member of members) {
    const { id, runtime, params } = member.spec;
    if (worker.prepare) {
      member.stage = 'install';
      const outcome = await stage(worker, member, undefined, async () => void (await worker.prepare?.(id)));
      if (outcome.fatal) return culpritsOf(member, outcome);
    }
    member.stage = 'start';
    const outcome = await stage(worker, member, member.spec.startTimeoutMs ?? stageMs, async () =>
      member.setReport(await worker.load(id, 'module' in runtime ? runtime.module : '', params)),
    );
    if (outcome.fatal) return [...culpritsOf(member, outcome), ...(await Promise.all(initialising)).flat()];
    if (!outcome.done) continue;
    if (sideBySide && member.spec.sideBySide) {
      initialising.push(initialize(member));
      begun();
    } else opened.push(member);
  }
  for (const member of opened) {
    const culprits = await initialize(member);
    if (culprits.length > 0) return culprits;
  }
  return (await Promise.all(initialising)).flat();
}

interface StageOutcome {
  readonly done?: true;
  readonly fatal?: GatewayError;
  /** The worker has exited. */
  readonly died?: true;
}

function culpritsOf(member: GroupMember, { fatal, died }: StageOutcome): Culprit[] {
  return fatal ? [{ member, error: fatal, ...(died ? { died } : {}) }] : [];
}

async function stage(
  worker: PluginWorker,
  member: GroupMember,
  stageMs: number | undefined,
  run: () => Promise<void>,
): Promise<StageOutcome> {
  const plugin = member.spec.id;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    if (stageMs !== undefined) timer = setTimeout(() => resolve('timeout'), stageMs);
  });
  const exited = worker.exited.then((why) => ({ why }));
  try {
    const first = await Promise.race([
      run().then(
        () => ({ done: true }) as const,
        (error) => ({ error: toError(error) }),
      ),
      exited,
      timeout,
    ]);
    if (first === 'timeout') {
      const message = `The plugin did not finish the stage "${member.stage}" within ${(stageMs as number) / 1000} s.`;
      return { fatal: new GatewayError('LOAD_TIMEOUT', message, { plugin }) };
    }
    if ('done' in first) return first;
    if ('error' in first && worker.single) return { fatal: withPlugin(first.error, member) };
    // A request that failed because the worker died may be reported shortly before the exit.
    const died = 'why' in first ? first : await Promise.race([exited, sleep(50, undefined)]);
    if (died) {
      const message = `The plugin ended its process during the stage "${member.stage}": ${died.why}.`;
      const fix = worker.single ? worker.fix?.() : undefined;
      return { fatal: new GatewayError('PLUGIN_FAILED', message, { plugin, ...(fix === undefined ? {} : { fix }) }), died: true };
    }
    member.failed(withPlugin((first as { error: Error }).error, member));
    return {};
  } finally {
    clearTimeout(timer);
  }
}

function withPlugin(error: Error, { spec, stage }: GroupMember): GatewayError {
  if (error instanceof GatewayError && error.code !== 'PLUGIN_FAILED') {
    return new GatewayError(error.code, error.message, {
      ...error.details,
      fix: error.fix,
      plugin: spec.id,
      cause: error,
    });
  }
  return new GatewayError('PLUGIN_FAILED', `The plugin failed in the stage "${stage}": ${error.message}`, {
    plugin: spec.id,
    ...(error instanceof GatewayError ? { fix: error.fix } : {}),
    cause: error,
  });
}
