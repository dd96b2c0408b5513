/** What one check may cost: about as many steps as a processor does in some hundredths of a second. */
const MAX_STEPS = 1_000_000;

/** Thrown where a check is given up. */
export class Overrun extends Error {
  constructor() {
    super('the check takes too many steps');
  }
}

/** Steps that are left to the check that goes on; checks run one at a time. */
export const budget = {
  left: MAX_STEPS,
  /** One for all: nobody reads its stack. */
  overrun: new Overrun(),
};

/** Begins a check. */
export function refill(): void {
  budget.left = MAX_STEPS;
}

/** Takes steps; throws where there are not so many left. */
export function spend(steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw budget.overrun;
}

/**
 * While a value is only looked at for the parts of its schema that are not compiled yet, `missing` is where they go; each
 * takes everything, and lists of parts are looked through to their end.
 */
export const search: { missing: Set<object> | undefined } = { missing: undefined };
