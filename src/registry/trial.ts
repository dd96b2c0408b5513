import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { toDoubles } from '../core/exact-tree.ts';
import type { JsonObject } from '../core/json.ts';
import type { Dialect } from './vet.ts';

const BUDGET_MS = 250;
const IDLE_MS = 2_000;

let worker: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let queue: Promise<unknown> = Promise.resolve();

/** Whether a large schema compiles within 250 ms, tried in a thread that can be ended. One trial runs at a time. */
export function tryCompile(schema: JsonObject, dialect: Dialect): Promise<boolean> {
  const trial = queue.then(() => run(schema, dialect));
  queue = trial.catch(() => undefined);
  return trial;
}

async function run(schema: JsonObject, dialect: Dialect): Promise<boolean> {
  clearTimeout(idle);
  if (!worker) {
    worker = new Worker(new URL('./trial-worker.js', import.meta.url));
    worker.unref();
    await once(worker, 'message');
  }
  const current = worker;
  current.postMessage({ schema: toDoubles(schema), dialect });
  const done = await Promise.race([once(current, 'message').then(() => true), sleep(BUDGET_MS, false)]);
  if (!done) end(current);
  idle = setTimeout(() => end(current), IDLE_MS).unref();
  return done;
}

function end(thread: Worker): void {
  if (worker === thread) worker = undefined;
  void thread.terminate();
}
