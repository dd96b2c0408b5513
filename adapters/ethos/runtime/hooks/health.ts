import { thrownText } from '../../../../src/core/errors.ts';
import { asObject } from '../../../../src/core/json/json.ts';
import { toPlain } from '../../../../src/core/json/plain.ts';
import type { Health } from '../../offer/health.ts';
import type { EthosHealthCheck } from '../format.ts';

const CHECK_MS = 5_000;

/** Runs all health checks in parallel. A check that throws or takes over 5 s is an error. */
export function runChecks(checks: readonly EthosHealthCheck[]): Promise<Health[]> {
  return Promise.all(checks.map(runCheck));
}

async function runCheck(check: EthosHealthCheck): Promise<Health> {
  const name = String(check.name);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not finish within ${CHECK_MS / 1000} s`)), CHECK_MS);
  });
  try {
    const { status, message, details } = asObject(toPlain(await Promise.race([check.run(), late])));
    const more = details === undefined || details === null ? '' : ` ${JSON.stringify(details)}`;
    return { name, status: status === 'ok' || status === 'warn' ? status : 'error', message: String(message ?? '') + more };
  } catch (error) {
    return { name, status: 'error', message: thrownText(error) };
  } finally {
    clearTimeout(timer);
  }
}
