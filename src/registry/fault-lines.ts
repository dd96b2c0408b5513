import type { Logger } from '../core/log.ts';
import type { PluginStatus } from './plugin-status.ts';

/** Writes to the log what of a plugin is not served and why: whoever looks at no state learns it there. Each line once, until it changes. */
export function createFaultLines(log: Logger): (status: PluginStatus) => void {
  const failures = new Map<string, string>();
  const withheld = new Map<string, string>();

  const tell = (told: Map<string, string>, id: string, key: string | undefined, line: () => string): void => {
    if (key === undefined) return void told.delete(id);
    if (told.get(id) === key) return;
    told.set(id, key);
    log.area(`plugin:${id}`).warn(line());
  };

  return ({ id, state, error, withheld: tools }) => {
    const failure = ['failed', 'needs-config', 'disabled'].includes(state) ? error : undefined;
    tell(failures, id, failure?.message, () => {
      const stop = /[.!?]$/.test(failure?.message ?? '') ? '' : '.';
      return `It is not served: ${failure?.message}${stop} ${failure?.fix}`;
    });
    tell(withheld, id, tools, () => tools ?? '');
  };
}
