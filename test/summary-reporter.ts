import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Reporter, TestModule, TestSpecification, Vitest } from 'vitest/node';
import { JUDGED, REQUIREMENTS } from './requirements.ts';
import { misplaced } from './support/uncited.ts';

/** Ends a run with one plain line, after one line per failure. A complete run also fails for each promise that no test cites. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default class SummaryReporter implements Reporter {
  #vitest: Vitest | undefined;
  #complete = false;
  readonly #promises: 'tests' | 'judges' | 'none';

  /** `promises`: which promises a complete run must cite. */
  constructor({ promises = 'tests' }: { promises?: 'tests' | 'judges' | 'none' } = {}) {
    this.#promises = promises;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunStart(chosen: readonly TestSpecification[]): Promise<void> {
    const { testNamePattern, tagsFilter } = this.#vitest?.config ?? {};
    const all = (await this.#vitest?.globTestSpecifications()) ?? [];
    this.#complete = chosen.length === all.length && testNamePattern === undefined && !tagsFilter?.length;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message: string }[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const citations = [];
    const fail = (where: string, errors: readonly { message: string }[]): void => {
      counts.failed++;
      const [first] = errors[0]?.message.split('\n') ?? [];
      process.stdout.write(`failed: ${where}: ${first ?? 'no error was given'}\n`);
    };
    for (const module of modules) {
      if (module.errors().length > 0) fail(module.relativeModuleId, module.errors());
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        citations.push({ tags: test.tags, state });
        if (state === 'passed') counts.passed++;
        else if (state === 'failed') fail(`${module.relativeModuleId} > ${test.fullName}`, errors);
        else counts.skipped++;
      }
    }
    for (const error of unhandled) fail('outside of any test', [error]);
    for (const fault of scannedFaults()) {
      fail('a message that left a gateway', [{ message: fault }]);
      process.exitCode = 1;
    }
    if (this.#complete && this.#promises !== 'none') {
      const known = { promises: Object.keys(REQUIREMENTS), judged: JUDGED };
      for (const { id, fault } of misplaced(this.#promises, known, citations, process.env.CI !== 'true')) {
        const { promise } = REQUIREMENTS[id as keyof typeof REQUIREMENTS];
        fail(`${fault} ${id}`, [{ message: promise }]);
        process.exitCode = 1;
      }
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
}

// Faults recorded by the scan of all messages, without duplicates.
function scannedFaults(): string[] {
  const file = process.env.PLUGMUX_SCAN_FILE ?? '';
  const faults = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  for (const one of [file, `${file}.seen`]) rmSync(one, { force: true });
  return [...new Set(faults)];
}
