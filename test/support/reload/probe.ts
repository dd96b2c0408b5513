import { expect } from 'vitest';
import type { LimitName } from '../../../dist/src/config/limits.js';
import { until } from '../processes.ts';
import type { Running } from './running.ts';

export const HOUR = 3_600_000;

/** How a changed limit shows in what a running gateway does. */
export interface Probe {
  readonly from: number;
  readonly to: number;
  /** What else stands in the configuration: other limits, and other keys. */
  readonly limits?: Partial<Record<LimitName, number>>;
  readonly more?: object;
  /** The address it listens on, this machine's own unless it is named. */
  readonly host?: string;
  /** `reload` takes the new value, or the old one again, and settles once that is logged. */
  run(gateway: Running, reload: (back?: 'back') => Promise<void>): Promise<void>;
}

type Others = Pick<Probe, 'limits' | 'more' | 'host'>;

/** What is seen with the old value, with the new one, and with the old one again. */
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

/** Something that would last an hour ends soon after the reload; `begin` says whether it has ended. */
export function ends(to: number, begin: (gateway: Running) => Promise<() => boolean | Promise<boolean>>, others: Others = {}): Probe {
  return {
    from: HOUR,
    to,
    ...others,
    async run(gateway, reload) {
      await reload();
      const ended = await begin(gateway);
      await until('it has ended by the new limit', ended, 8_000);
    },
  };
}

/** The same for what began before the reload. */
export function endsToo(to: number, begin: (gateway: Running) => Promise<() => boolean | Promise<boolean>>, others: Others = {}): Probe {
  return {
    from: HOUR,
    to,
    ...others,
    async run(gateway, reload) {
      const ended = await begin(gateway);
      expect(await ended()).toBe(false);
      await reload();
      await until('it has ended by the new limit', ended, 8_000);
    },
  };
}

/** Whether a promise has settled, to look at later. */
export function settled(work: Promise<unknown>): () => boolean {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  work.then(mark, mark);
  return () => done;
}
