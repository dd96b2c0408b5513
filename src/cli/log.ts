import pino from 'pino';
import type { Logger, LogLevel } from '../core/log.ts';
import type { Redactor } from '../core/redact.ts';
import { escapeHidden } from '../core/text.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];
const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[36m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};
const RESET = '\u001b[0m';
const MOST_BUFFERED = 1024 * 1024;

/** Whether a text is a log level that may be asked for. */
export function isLogLevel(level: string): boolean {
  return LEVELS.includes(level);
}

/** The log on stderr: coloured lines on a terminal, JSON lines elsewhere. Secrets are masked on the way out. */
export function createLog(level: string, redactor: Redactor): { log: Logger; flush(): void } {
  const terminal = process.stderr.isTTY === true;
  // Lines that a blocked reader does not take are lost and never make anybody wait.
  const destination = terminal
    ? undefined
    : pino.destination({
        dest: 2,
        sync: false,
        minLength: 0,
        maxLength: MOST_BUFFERED,
      });
  const base = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: 'message',
  };
  const root = destination
    ? pino(base, destination)
    : pino(base, {
        write: (line: string) => void process.stderr.write(pretty(line)),
      });
  return {
    log: toLogger(root, redactor),
    flush: () => destination?.flushSync(),
  };
}

function toLogger(logger: pino.Logger, redactor: Redactor): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) => {
    if (logger.isLevelEnabled(level)) logger[level]((redactor.value(fields ?? {}) ?? {}) as object, redactor.text(message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    area: (name) => toLogger(logger.child({ area: name }), redactor),
  };
}

function pretty(line: string): string {
  const { level, time, area, message, ...fields } = JSON.parse(line) as Record<string, string>;
  const more = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
  const where = area === undefined ? '' : `${area}: `;
  return `${time?.slice(11, 19)} ${COLOURS[level as string] ?? ''}${level?.padEnd(5)}${RESET} ${where}${escapeHidden(`${message}${more.join('')}`)}\n`;
}
