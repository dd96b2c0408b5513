import type { Logger, LogLevel } from '../../core/log.ts';
import { escapeForTerminal } from '../../core/text/text.ts';

/** The protocol's log levels, least severe first. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** The lowest level that a client receives; undefined: none. */
export type LogThreshold = (typeof LEVELS)[number] | undefined;

/** The threshold of a legacy client until it sets one. */
export const DEFAULT_THRESHOLD: LogThreshold = 'info';

/** A level by its name; undefined if it is unknown. */
export function toThreshold(level: unknown): LogThreshold {
  return LEVELS.find((name) => name === level);
}

const NAMES: Readonly<Record<LogLevel, (typeof LEVELS)[number]>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
};

/** Sends the log lines of a call to its client, as `notifications/message`. */
export class ClientLog implements Logger {
  readonly #from: number;
  readonly #send: (params: string) => void;
  readonly #redact: (text: string) => string;
  readonly #area: string | undefined;

  /** `redact` removes secrets from the lines. */
  constructor(from: LogThreshold, send: (params: string) => void, redact: (text: string) => string, area?: string) {
    this.#redact = redact;
    this.#from = from === undefined ? LEVELS.length : LEVELS.indexOf(from);
    this.#send = send;
    this.#area = area;
  }

  debug(message: string): void {
    this.#write('debug', message);
  }

  info(message: string): void {
    this.#write('info', message);
  }

  warn(message: string): void {
    this.#write('warn', message);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  area(name: string): Logger {
    return new ClientLog(LEVELS[this.#from], this.#send, this.#redact, name);
  }

  #write(level: LogLevel, message: string): void {
    const name = NAMES[level];
    if (LEVELS.indexOf(name) < this.#from) return;
    this.#send(
      JSON.stringify({
        level: name,
        logger: this.#area && escapeForTerminal(this.#redact(this.#area)),
        data: escapeForTerminal(this.#redact(message)),
      }),
    );
  }
}
