import { expect } from 'vitest';
import type { LimitName } from '../../../dist/src/config/limits.js';
import { until } from '../processes.ts';
import type { Running } from './running.ts';

export const HOUR = 3_600_000;

/** How a changed limit shows in the behaviour of a running gateway. */
export interface Probe {
  readonly from: number;
  readonly to: number;
  /** The rest of the configuration: other limits, and other keys. */
  readonly limits?: Partial<Record<LimitName, number>>;
  readonly more?: object;
  /** The address to listen on. Default: loopback. */
  readonly host?: string;
  /** `reload` applies the new value, or the old one again, and resolves when the reload is logged. */
  run(gateway: Running, reload: (back?: 'back') => Promise<void>): Promise<void>;
}

type Others = Pick<Probe, 'limits' | 'more' | 'host'>;

/** The observations with the old value, the new one, and the old one again. */
export function seen(
  from: number,
  to: number,
  [before, after]: readonly [unknown, unknown],
  see: (gateway: Running) => Promise<unknown>,
  others: Others = {},
): Probe {
  return {
    from,
    to,
    ...others,
    async run(gateway, reload) {
      expect(await see(gateway)).toEqual(before);
      await reload();
      expect(await see(gateway)).toEqual(after);
      await reload('back');
      expect(await see(gateway)).toEqual(before);
    },
  };
}

/** An operation with a limit of an hour ends soon after the reload; `begin` returns whether it has ended. */
export function ends(to: number, begin: (gateway: Running) => Promise<() => boolean | Promise<boolean>>, others: Others = {}): Probe {
  return {
    from: HOUR,
    to,
    ...others,
    async run(gateway, reload) {
      await reload();
      const ended = await begin(gateway);
      await until('it has ended at the new limit', ended, 8_000);
    },
  };
}

/** The same for an operation that began before the reload. */
export function endsToo(to: number, begin: (gateway: Running) => Promise<() => boolean | Promise<boolean>>, others: Others = {}): Probe {
  return {
    from: HOUR,
    to,
    ...others,
    async run(gateway, reload) {
      const ended = await begin(gateway);
      expect(await ended()).toBe(false);
      await reload();
      await until('it has ended at the new limit', ended, 8_000);
    },
  };
}

/** Whether a promise has settled, for a later check. */
export function settled(work: Promise<unknown>): () => boolean {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  work.then(mark, mark);
  return () => done;
}
