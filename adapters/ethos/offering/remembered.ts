import type { Keep } from '../../../src/core/host.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Logger } from '../../../src/core/log.ts';
import { checkEthosReport, type EthosReport } from '../report.ts';

const KEY = 'report';

/** What a plugin reported when it last ran, as long as it is the same plugin with the same configuration. */
export interface Remembered {
  get(): EthosReport | undefined;
  set(report: JsonObject): void;
}

/** Keeps reports so that a list is complete before any plugin has started. */
export function createRemembered(keep: Keep, digest: string, log: Logger): Remembered {
  return {
    get() {
      try {
        const { digest: of, report } = JSON.parse(keep.get(KEY) ?? '{}') as { digest?: string; report?: EthosReport };
        if (of !== digest || report === undefined) return undefined;
        checkEthosReport(report as unknown as JsonObject);
        return report;
      } catch (error) {
        log.warn(`the last known tools cannot be read: ${(error as Error).message}`);
        return undefined;
      }
    },
    set(report) {
      try {
        keep.set(KEY, JSON.stringify({ digest, report }));
      } catch (error) {
        log.warn(`the tools cannot be remembered: ${(error as Error).message}`);
      }
    },
  };
}
