/** Severity of a log line, lowest first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes log lines of one area of the gateway or one plugin. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** The same log under another area, such as `plugin:notes`. */
  area(name: string): Logger;
}

/** A logger that drops everything. */
export const silentLog: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  area: () => silentLog,
};
