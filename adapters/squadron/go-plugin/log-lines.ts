import type { LogLevel } from '../../../src/core/log.ts';

interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

const LEVELS: ReadonlyMap<unknown, LogLevel> = new Map([
  ['trace', 'debug'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
]);
const PREFIX = /^(?:\S+\s+)?\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\s*(.*)$/;
const PANIC = /^(panic|fatal error): /;
// The rest of a Go panic: goroutine headers, frames and locations.
const PANIC_REST = /^(goroutine \d+ |\t|\S+\(.*\)$|created by |exit status |\[signal )/;

/** Creates a reader of a plugin's stderr. JSON log lines and level prefixes keep their level; all lines of a panic are errors. */
export function createLogReader(): (line: string) => LogLine {
  let panicking = false;
  return (line) => {
    if (PANIC.test(line)) panicking = true;
    else if (panicking && !PANIC_REST.test(line)) panicking = false;
    if (panicking) return { level: 'error', text: line };
    return readJson(line) ?? readPrefix(line) ?? { level: 'debug', text: line };
  };
}

function readJson(line: string): LogLine | undefined {
  if (!line.startsWith('{"@') && !line.includes('"@message"')) return undefined;
  try {
    const {
      '@level': level,
      '@message': message,
      '@timestamp': _,
      '@module': module,
      ...fields
    } = JSON.parse(line) as Record<string, unknown>;
    if (typeof message !== 'string') return undefined;
    const more = Object.entries(fields).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    return { level: LEVELS.get(level) ?? 'debug', text: `${typeof module === 'string' ? `${module}: ` : ''}${message}${more.join('')}` };
  } catch {
    return undefined;
  }
}

function readPrefix(line: string): LogLine | undefined {
  const [, level, text] = PREFIX.exec(line) ?? [];
  return level === undefined ? undefined : { level: LEVELS.get(level.toLowerCase()) ?? 'debug', text: text ?? '' };
}
