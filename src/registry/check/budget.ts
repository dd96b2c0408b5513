/** The budget of one check in steps; about some hundredths of a second. */
const MAX_STEPS = 1_000_000;

/** Thrown when a check exceeds its budget. */
export class Overrun extends Error {
  constructor() {
    super('the check takes too many steps');
  }
}

/** The steps left to the running check. Checks run one at a time. */
export const budget = {
  left: MAX_STEPS,
  /** One shared instance, because its stack is never read. */
  overrun: new Overrun(),
};

/** Restores the full budget for a new check. */
export function refill(): void {
  budget.left = MAX_STEPS;
}

/** Spends steps. Throws `Overrun` if the budget is exceeded. */
export function spend(steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw budget.overrun;
}

/**
 * Set while a value is only scanned for the schema parts that it needs and that are not compiled yet: `missing` collects
 * them. Such a part accepts everything, and lists of parts are scanned to the end.
 */
export const search: { missing: Set<object> | undefined } = { missing: undefined };
