import { setFlagsFromString } from 'node:v8';

/** V8 12, of Node 22, brought a compiler in between that makes waiting cheap; the setting is gone from later ones. */
const WAITS_LONG = Number.parseInt(process.versions.v8, 10) < 12;

/**
 * Has the engine optimise what is called often after a third of the work it would wait for by itself. For processes that run
 * long on one short path: otherwise their first five thousand calls take half as long again. To be called before any of them.
 */
export function compileSooner(): void {
  if (WAITS_LONG) setFlagsFromString('--interrupt-budget=20000');
}
