/** How loud a log line is, quietest first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a part of the gateway, or a plugin, writes its log lines. */
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
