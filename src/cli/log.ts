import { createRequire } from 'node:module';
import type pino from 'pino';
import type { Logger, LogLevel } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { escapeForTerminal } from '../core/text/text.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};
const RESET = '\u001b[0m';
const MAX_BUFFERED = 1024 * 1024;

/** Whether a text is a valid log level. */
export function isLogLevel(level: string): boolean {
  return LEVELS.includes(level);
}

/** The log on stderr: coloured lines on a terminal, JSON lines otherwise. Masks secrets. */
export function createLog(level: string, redactor: Redactor): { log: Logger; flush(): void } {
  let opened: Opened | undefined;
  const open = (): Opened => {
    opened ??= openLog(level);
    return opened;
  };
  return {
    log: toLogger(open, LEVELS.indexOf(level), redactor),
    flush: () => opened?.flush(),
  };
}

interface Opened {
  readonly root: pino.Logger;
  flush(): void;
}

// Called with the first line, so a start without log lines does not load the library.
function openLog(level: string): Opened {
  const load = createRequire(import.meta.url)('pino') as typeof pino;
  const base = {
    level,
    base: null,
    timestamp: load.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: 'message',
  };
  if (process.stderr.isTTY) {
    return { root: load(base, { write: (line: string) => void process.stderr.write(pretty(line)) }), flush: () => undefined };
  }
  // If the reader of stderr blocks, lines are dropped, so logging never blocks the gateway.
  const destination = load.destination({ dest: 2, sync: false, minLength: 0, maxLength: MAX_BUFFERED });
  const write = (line: string): void => void destination.write(wellFormedJson(line));
  return { root: load(base, { write }), flush: () => destination.flushSync() };
}

function toLogger(open: () => Opened, threshold: number, redactor: Redactor, area?: string): Logger {
  let logger: pino.Logger | undefined;
  const at = (level: LogLevel) => {
    if (LEVELS.indexOf(level) < threshold) return () => undefined;
    return (message: string, fields?: object) => {
      logger ??= area === undefined ? open().root : open().root.child({ area: redactor.text(area) });
      logger[level]((redactor.value(fields ?? {}) ?? {}) as object, redactor.text(message));
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    area: (name) => toLogger(open, threshold, redactor, name),
  };
}

function pretty(line: string): string {
  const { level, time, area, message, ...fields } = JSON.parse(line) as Record<string, string>;
  const more = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
  const where = area === undefined ? '' : `${area}: `;
  return `${time?.slice(11, 19)} ${COLOURS[level as string] ?? ''}${level?.padEnd(5)}${RESET} ${where}${escapeForTerminal(`${message}${more.join('')}`)}\n`;
}
