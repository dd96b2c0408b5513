import { createRequire } from 'node:module';
import type pino from 'pino';
import type { Logger, LogLevel } from '../core/log.ts';
import type { Redactor } from '../core/secrets/redact.ts';
import { escapeForTerminal } from '../core/text/text.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';
import { createLogRing, type LogRing } from '../gateway/stats/log-ring.ts';

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

/** The log of a command. */
export interface CommandLog {
  readonly log: Logger;
  flush(): void;
  /** Calls back with each warning and error, its secrets masked. */
  onWarning(listener: (text: string) => void): void;
  /** The latest lines, from level info on even if the log shows fewer. */
  readonly ring: LogRing;
}

/** The log on stderr: coloured lines on a terminal, JSON lines otherwise; with `sink`, JSON lines go there. Masks secrets. */
export function createLog(level: string, redactor: Redactor, sink?: (line: string) => void): CommandLog {
  let opened: Opened | undefined;
  const open = (): Opened => {
    opened ??= openLog(level, sink);
    return opened;
  };
  const listeners: ((text: string) => void)[] = [];
  const ring = createLogRing();
  return {
    ring,
    log: toLogger(open, LEVELS.indexOf(level), redactor, listeners, ring),
    flush: () => opened?.flush(),
    onWarning: (listener) => void listeners.push(listener),
  };
}

interface Opened {
  readonly root: pino.Logger;
  flush(): void;
}

// Called with the first line, so a start without log lines does not load the library.
function openLog(level: string, sink?: (line: string) => void): Opened {
  const load = createRequire(import.meta.url)('pino') as typeof pino;
  const base = {
    level,
    base: null,
    timestamp: load.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    messageKey: 'message',
  };
  if (sink) return { root: load(base, { write: (line: string) => sink(wellFormedJson(line)) }), flush: () => undefined };
  if (process.stderr.isTTY) {
    return { root: load(base, { write: (line: string) => void process.stderr.write(pretty(line)) }), flush: () => undefined };
  }
  // If the reader of stderr blocks, lines are dropped, so logging never blocks the gateway.
  const destination = load.destination({ dest: 2, sync: false, minLength: 0, maxLength: MAX_BUFFERED });
  const write = (line: string): void => void destination.write(wellFormedJson(line));
  return { root: load(base, { write }), flush: () => destination.flushSync() };
}

function toLogger(
  open: () => Opened,
  threshold: number,
  redactor: Redactor,
  listeners: readonly ((text: string) => void)[],
  ring: LogRing,
  area?: string,
): Logger {
  let logger: pino.Logger | undefined;
  const at = (level: LogLevel) => {
    const isShown = LEVELS.indexOf(level) >= threshold;
    if (!isShown && level === 'debug') return () => undefined;
    return (message: string, fields?: object) => {
      if (!isShown) return ring.add(area && redactor.text(area), level, withFields(redactor.text(message), redactor.value(fields ?? {})));
      logger ??= area === undefined ? open().root : open().root.child({ area: redactor.text(area) });
      const text = redactor.text(message);
      const shown = (redactor.value(fields ?? {}) ?? {}) as object;
      ring.add(area && redactor.text(area), level, withFields(text, shown));
      logger[level](shown, text);
      if (level === 'warn' || level === 'error') for (const listener of listeners) listener(area === undefined ? text : `${area}: ${text}`);
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    area: (name) => toLogger(open, threshold, redactor, listeners, ring, name),
  };
}

// The fields of a line as they follow its message in the console.
function withFields(message: string, fields: unknown): string {
  const entries = Object.entries(fields as Readonly<Record<string, unknown>>).filter(([, value]) => value !== undefined);
  return message + entries.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('');
}

function pretty(line: string): string {
  const { level, time, area, message, ...fields } = JSON.parse(line) as Record<string, string>;
  const more = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
  const where = area === undefined ? '' : `${area}: `;
  return `${time?.slice(11, 19)} ${COLOURS[level as string] ?? ''}${level?.padEnd(5)}${RESET} ${where}${escapeForTerminal(`${message}${more.join('')}`)}\n`;
}
