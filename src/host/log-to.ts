import type { Logger } from '../core/log.ts';

/** Writes a log line of a plugin; an unknown level counts as info. */
export function logTo(log: Logger, level: string, text: string): void {
  if (level === 'debug' || level === 'warn' || level === 'error') log[level](text);
  else log.info(text);
}
