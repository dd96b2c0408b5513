import { MAX_TEXT_LENGTH } from '../../core/errors.ts';
import type { LogLevel } from '../../core/log.ts';
import { shorten } from '../../core/text/text.ts';

/** A line of the log; `time` in milliseconds since 1970, `seq` counts the lines of all areas. */
export interface LoggedLine {
  readonly seq: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly text: string;
}

/** The latest lines of the log, by area: `gateway`, and `plugin:<name>` for each plugin that wrote any. */
export interface LogRing {
  /** Keeps a line whose secrets are removed. Lines of other areas count as the gateway's. */
  add(area: string | undefined, level: LogLevel, text: string): void;
  areas(): readonly string[];
  /** The lines of one area, oldest first. */
  lines(area: string): readonly LoggedLine[];
  /** How many older lines of an area are no longer kept. */
  dropped(area: string): number;
  /** Calls back with each line; one listener, or none. */
  onLine(listener: ((area: string, line: LoggedLine) => void) | undefined): void;
}

/** The area of the gateway's own lines. */
export const GATEWAY_AREA = 'gateway';

const MAX_LINES = 2_000;
const MAX_BYTES = 1024 * 1024;
const MAX_TOTAL = 16 * 1024 * 1024;
/** An estimate of what a line needs besides its text. */
const LINE_BYTES = 64;

const NOTHING: LoggedLine = { seq: 0, time: 0, level: 'debug', text: '' };

interface Area {
  lines: LoggedLine[];
  /** How many lines at the beginning of `lines` are dropped. */
  start: number;
  bytes: number;
  dropped: number;
}

/** An empty ring: 2,000 lines or 1 MiB an area, 16 MiB in all. */
export function createLogRing(): LogRing {
  const areas = new Map<string, Area>();
  let seq = 0;
  let total = 0;
  let listener: ((area: string, line: LoggedLine) => void) | undefined;

  const sizeOf = ({ text }: LoggedLine): number => text.length * 2 + LINE_BYTES;
  const drop = (area: Area): void => {
    const bytes = sizeOf(area.lines[area.start] as LoggedLine);
    area.bytes -= bytes;
    total -= bytes;
    // A dropped line must not stay in memory until the array is copied.
    area.lines[area.start] = NOTHING;
    area.start++;
    area.dropped++;
    if (area.start < MAX_LINES && area.start < area.lines.length) return;
    area.lines = area.lines.slice(area.start);
    area.start = 0;
  };
  const largest = (): Area => [...areas.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));

  return {
    add(given, level, text) {
      const isPlugin = given?.startsWith('plugin:') === true;
      const name = isPlugin ? (given as string) : GATEWAY_AREA;
      const whole = isPlugin || given === undefined ? text : `${given}: ${text}`;
      const area = areas.get(name) ?? { lines: [], start: 0, bytes: 0, dropped: 0 };
      areas.set(name, area);
      const line: LoggedLine = { seq: ++seq, time: Date.now(), level, text: shorten(whole, MAX_TEXT_LENGTH) };
      area.lines.push(line);
      area.bytes += sizeOf(line);
      total += sizeOf(line);
      while (area.lines.length - area.start > MAX_LINES || area.bytes > MAX_BYTES) drop(area);
      while (total > MAX_TOTAL) drop(largest());
      listener?.(name, line);
    },
    areas: () => [...areas.keys()],
    lines(name) {
      const area = areas.get(name);
      return area ? area.lines.slice(area.start) : [];
    },
    dropped: (name) => areas.get(name)?.dropped ?? 0,
    onLine(next) {
      listener = next;
    },
  };
}
