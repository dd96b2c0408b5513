import type { Logger } from '../core/log.ts';
import type { PluginStatus } from './plugin-status.ts';

/** Logs why a plugin or some of its tools are not served, so users of `serve` and `stdio` see it. Each line once, until it changes. */
export function createFaultLines(log: Logger): (status: PluginStatus) => void {
  const failures = new Map<string, string>();
  const withheld = new Map<string, string>();

  const warnOnce = (logged: Map<string, string>, { id, logName = id }: PluginStatus, key: string | undefined, line: () => string): void => {
    if (key === undefined) return void logged.delete(id);
    if (logged.get(id) === key) return;
    logged.set(id, key);
    log.area(`plugin:${logName}`).warn(line());
  };

  return (status) => {
    const { state, error, withheld: tools } = status;
    const failure = ['failed', 'needs-config', 'disabled'].includes(state) ? error : undefined;
    warnOnce(failures, status, failure?.message, () => {
      const stop = /[.!?]$/.test(failure?.message ?? '') ? '' : '.';
      return `It is not served: ${failure?.message}${stop} ${failure?.fix}`;
    });
    warnOnce(withheld, status, tools, () => tools ?? '');
  };
}
