import type { Logger } from '../../../src/core/log.ts';
import type { RuntimeCall } from '../../../src/host/node/runtime.ts';
import type { ProgressEvent } from './tool-context.ts';

/** Forwards a tool's progress events: to the client if their audience is the user, otherwise to the log. */
export function createProgress(call: RuntimeCall, log: Logger): (event: ProgressEvent) => void {
  let last = 0;
  let total: number | undefined;
  return (event) => {
    const { type = 'progress', message, percent, audience = 'internal', toolName } = event ?? {};
    if (type !== 'progress') return;
    if (audience === 'internal') return log.debug(`${toolName ?? 'tool'}: ${message ?? ''}`);
    // A growing percentage is passed on. Otherwise a counter without a total, so that clients do not show it as a share.
    const grows = typeof percent === 'number' && Number.isFinite(percent) && percent > last;
    if (grows) total = 100;
    last = grows ? percent : last + (total === undefined ? 1 : 0.01);
    call.progress(last, total, typeof message === 'string' ? message : undefined);
  };
}
