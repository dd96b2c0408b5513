import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupMember } from './group-member.ts';
import type { Culprit } from './loading.ts';
import { replaced } from './stopped.ts';
import type { PluginWorker } from './worker.ts';

/** A started worker, with the members it serves. */
export interface Generation {
  readonly worker: PluginWorker;
  readonly members: ReadonlySet<GroupMember>;
  /** Whether every member has been loaded or has failed. Until then, only ready members are served. */
  whole: boolean;
  /** It exited while a call was in flight, which may have caused the exit. */
  lostInCall: boolean;
}

/** Whether a member accepts calls in a generation. */
export function isServed(member: GroupMember, { members, whole }: Generation): boolean {
  return members.has(member) && (whole ? member.state() !== 'failed' : member.state() === 'ready');
}

/** Whether a generation serves any member, even if others failed. */
export function servesSome(generation: Generation | undefined): boolean {
  return generation !== undefined && [...generation.members].some((member) => isServed(member, generation));
}

/** Members that provably prevented the start of a worker. `isUnclear`: only a start one by one can show the cause. */
export function judge(culprits: readonly Culprit[], { lostInCall }: Generation): { guilty: readonly Culprit[]; isUnclear: boolean } {
  const isUnclear = lostInCall || culprits.filter(({ died }) => died).length > 1;
  return { guilty: isUnclear ? culprits.filter(({ died }) => !died) : culprits, isUnclear };
}

/** Counts a crash for each plugin with calls in flight. Returns those with too many crashes, unless these are all members. */
export function crashedTooOften(worker: PluginWorker, members: ReadonlySet<GroupMember>, now: number): readonly GroupMember[] {
  const blamed = new Set(worker.inFlight());
  const serving = [...members].filter((member) => member.state() === 'restarting' && !member.excluded);
  const out = serving.filter((member) => blamed.has(member.spec.id) && member.crashed(now));
  return out.length === serving.length ? [] : out;
}

/** Stops a worker that gets no new calls, after at most `drainMs` for calls in flight. */
export async function retire(worker: PluginWorker, drainMs: number): Promise<void> {
  const until = performance.now() + drainMs;
  while (worker.inFlight().length > 0 && performance.now() < until) await sleep(20);
  await worker.stop(replaced(drainMs));
}
