import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { LogLine, LogPage } from '../../../api/types.ts';
import { withQuery } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { overview, plugins } from '../../data/store.ts';
import { atClock, atMinute, count, exactly, many } from '../../data/words.ts';
import { listen, useTopics } from '../../live.ts';
import { Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Pick, Search } from '../../parts/search.tsx';
import { href, place, setQuery } from '../../router.ts';

/** Lines kept in the page. */
const LINES = 2000;
const LEVELS = ['debug', 'info', 'warn', 'error'];

/** The log of the gateway or of a plugin, following its end. */
export function LogsScreen() {
  const area = place.value.query.get('area') ?? 'gateway';
  const load = useLoad<LogPage>(withQuery('logs', { area }));
  useTopics(`log:${area}`);
  const areas = load.data?.areas ?? [area];
  // A link names the plugin, whose log may have another name.
  const real = load.data?.asked === area ? load.data.area : area;
  useEffect(() => setQuery({ area: real === 'gateway' ? undefined : real }, true), [real]);
  return (
    <Screen title="Logs">
      <div class="filters">
        <Pick label="Log of" name="area" options={areas.map((name) => [name === 'gateway' ? '' : name, name.replace(/^plugin:/, '')])} />
        <Pick
          label="Level"
          name="level"
          options={[['', 'all'], ...LEVELS.slice(1).map((level) => [level, `${level} and worse`] as const)]}
        />
        <Search label="Search" />
      </div>
      <Shared area={area} />
      <Loaded load={load} what="the log">
        {(page) => <Lines key={page.area} page={page} area={page.area} />}
      </Loaded>
    </Screen>
  );
}

/** What a process of several plugins prints is not known to be of one of them. */
function Shared({ area }: { area: string }) {
  const group = plugins.value.find(({ id }) => `plugin:${id}` === area)?.run?.group;
  if (group === undefined || plugins.value.filter(({ run }) => run?.group === group).length < 2) return null;
  return (
    <p class="small">
      It shares its process with other plugins. What that process prints is in{' '}
      <a href={href(['logs'], { q: `group:${group}` })}>the log of the gateway</a>.
    </p>
  );
}

function isShown({ level, text }: LogLine): boolean {
  const { query } = place.value;
  const least = LEVELS.indexOf(query.get('level') ?? '');
  const rank = LEVELS.indexOf(level === 'fatal' ? 'error' : level);
  return (least < 0 || rank < 0 || rank >= least) && text.toLowerCase().includes((query.get('q') ?? '').toLowerCase());
}

function Lines({ page, area }: { page: LogPage; area: string }) {
  const [lines, setLines] = useState(page.lines);
  const [follows, setFollows] = useState(true);
  const [missed, setMissed] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const now = useRef({ lines, follows });
  now.current = { lines, follows };

  useEffect(() => setLines((old) => merge(old, page.lines)), [page]);
  useEffect(
    () =>
      listen((message) => {
        if (message.type !== 'log' || message.area !== area) return;
        const fresh = freshOf(now.current.lines, message.lines).filter(isShown).length;
        setLines((old) => merge(old, message.lines));
        if (!now.current.follows) setMissed((n) => n + fresh);
      }),
    [area],
  );
  const shown = lines.filter(isShown);
  const newest = shown.at(-1);
  useLayoutEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [newest && nameOf(newest), follows]);
  const scrolled = () => {
    const at = box.current;
    if (!at) return;
    const atEnd = at.scrollTop + at.clientHeight >= at.scrollHeight - 8;
    if (atEnd) setMissed(0);
    setFollows(atEnd);
  };
  if (lines.length === 0) return <p class="empty">Nothing logged since the start, {atMinute(overview.value?.started ?? Date.now())}.</p>;
  return (
    <>
      <div class="choice-row">
        <p class="small" role="status">
          {follows ? `Following. ${many(shown.length, 'line')}.` : `Not following; ${many(missed, 'new line')}.`}
        </p>
        <span>
          {!follows && (
            <button
              type="button"
              onClick={() => {
                setFollows(true);
                setMissed(0);
              }}
            >
              Follow
            </button>
          )}{' '}
          <button type="button" onClick={() => download(area, shown)}>
            Download
          </button>
        </span>
      </div>
      {page.dropped > 0 && <p class="small">{count(page.dropped)} older lines are no longer kept.</p>}
      {shown.length === 0 ? (
        <p class="empty">No line matches.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys
        <div ref={box} class="log" onScroll={scrolled} tabIndex={0} role="log" aria-live="off" aria-label={`Log of ${area}`}>
          {shown.map(({ seq, time, level, text }) => (
            <div key={`${time} ${seq}`} class={`line ${level}`}>
              <time dateTime={new Date(time).toISOString()} title={exactly(time)}>
                {atClock(time)}
              </time>{' '}
              <b>{level}</b> <span>{text}</span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** Numbers begin anew when the gateway starts, so they do not identify a line alone. */
const nameOf = ({ time, seq }: LogLine): string => `${time} ${seq}`;

function freshOf(old: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  const known = new Set(old.map(nameOf));
  return more.filter((line) => !known.has(nameOf(line)));
}

/** Each line once, oldest first. */
function merge(old: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  const fresh = freshOf(old, more);
  return fresh.length === 0 ? old : [...old, ...fresh].sort((a, b) => a.time - b.time || a.seq - b.seq).slice(-LINES);
}

function download(area: string, lines: readonly LogLine[]): void {
  const text = lines.map(({ time, level, text: line }) => `${new Date(time).toISOString()} ${level} ${line}\n`).join('');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = `${area.replaceAll(/[^\w.-]+/g, '-')}.log`;
  link.click();
  URL.revokeObjectURL(link.href);
}
