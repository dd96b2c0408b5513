import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallLine, CallPage, Page } from '../../../api/types.ts';
import { ask, type Refusal } from '../../api.ts';
import { withQuery } from '../../data/act.ts';
import { now } from '../../data/clock.ts';
import { useLeftOut } from '../../data/left-out.ts';
import { toRefusal, useLoad } from '../../data/load.ts';
import { OUTCOME_FILTERS } from '../../data/outcome.ts';
import type { Range } from '../../data/series.ts';
import { addCalls, callId, calls, callsSeen, mergeCalls, noteLast, overview, plugins } from '../../data/store.ts';
import { atMinute, count, many } from '../../data/words.ts';
import { useTopics } from '../../live.ts';
import { CallCharts } from '../../parts/call-charts.tsx';
import { CallTable } from '../../parts/call-table.tsx';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Pick, Search } from '../../parts/search.tsx';
import { href, place } from '../../router.ts';
import { CallGroups } from './call-groups.tsx';

const LONGER = [
  ['', 'any time'],
  ['100', 'longer than 100 ms'],
  ['1000', 'longer than 1 s'],
  ['10000', 'longer than 10 s'],
] as const;

/** Calls as they end, with filters in the address. */
export function CallsScreen() {
  useTopics('calls', 'tally');
  const { query } = place.value;
  const load = useLoad<CallPage>(withQuery('calls', { plugin: query.get('plugin'), outcome: query.get('outcome') }));
  const [older, setOlder] = useState<readonly CallLine[]>([]);
  const page = load.data;
  useEffect(() => {
    setOlder([]);
    if (!page) return;
    addCalls(page.items);
    noteLast(page.last);
  }, [page]);
  const range: Range = query.get('range') === '24h' ? '24h' : '10m';
  return (
    <Screen title="Calls">
      <CallCharts range={range} />
      <div class="filters">
        <Pick
          label="Charts"
          name="range"
          options={[
            ['', 'last 10 minutes'],
            ['24h', 'last 24 hours'],
          ]}
        />
        <Pick
          label="Plugin"
          name="plugin"
          options={[['', 'all plugins'], ...plugins.value.map(({ id, title }) => [id, title || id] as const)]}
        />
        <Search label="Tool" name="tool" />
        <Search label="Client" name="client" />
        <Pick label="Outcome" name="outcome" options={[['', 'any outcome'], ...OUTCOME_FILTERS]} />
        <Pick label="Time" name="longer" options={LONGER} />
      </div>
      <Loaded load={load} what="the calls">
        {() => <Rows older={older} next={older.length > 0 ? undefined : page?.next} more={setOlder} />}
      </Loaded>
    </Screen>
  );
}

function matches(call: CallLine): boolean {
  const { query } = place.value;
  const has = (name: string, text: string) => text.toLowerCase().includes((query.get(name) ?? '').toLowerCase());
  return (
    (!query.has('plugin') || call.plugin === query.get('plugin')) &&
    has('tool', call.tool) &&
    has('client', `${call.client ?? ''} ${call.principal}`) &&
    (!query.has('outcome') || call.outcome === query.get('outcome')) &&
    call.ms >= Number(query.get('longer') ?? 0)
  );
}

/** Filters that are not of the charts. */
const FILTERS = ['plugin', 'tool', 'client', 'outcome', 'longer'];

interface Pause {
  readonly rows: readonly CallLine[];
  readonly at: number;
  readonly seq: number;
  readonly seen: number;
}

/** What came since a pause, and how that is said. Of calls that match filters only those are counted that the page knows. */
function sinceOf(pause: Pause): { readonly isNew: (call: CallLine) => boolean; readonly words: string } {
  const isNew = ({ time, seq }: CallLine): boolean => seq > pause.seq || time > pause.at;
  const all = callsSeen.value - pause.seen;
  if (!FILTERS.some((name) => place.value.query.has(name))) return { isNew, words: many(all, 'new call') };
  const known = calls.value.filter(isNew);
  const words = many(known.filter(matches).length, 'new call matches', 'new calls match');
  return { isNew, words: all > known.length ? `at least ${words} of ${count(all)}` : words };
}

/** While paused the rows stand still, and what comes is counted. */
function Rows({ older, next, more }: { older: readonly CallLine[]; next: string | undefined; more: (older: readonly CallLine[]) => void }) {
  const [paused, setPaused] = useState<Pause>();
  useLeftOut(paused !== undefined);
  const all = calls.value;
  const since = paused && sinceOf(paused);
  const rows = [
    ...(paused && since
      ? mergeCalls(
          paused.rows,
          all.filter((call) => !since.isNew(call)),
        )
      : all
    ).filter(matches),
    ...older.filter((call) => matches(call) && !all.some((other) => callId(other) === callId(call))),
  ];
  return (
    <>
      <div class="choice-row">
        <p class="small" role="status">
          {since ? `Paused; ${since.words} since.` : `${count(rows.length)} shown, newest first.`}
        </p>
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : { rows: all, at: now(), seq: all[0]?.seq ?? 0, seen: callsSeen.value })}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
      </div>
      {rows.length === 0 ? <None any={all.length > 0} /> : <CallTable calls={rows} caption="Calls" />}
      <Older next={next} more={more} />
      {rows.length > 0 && <CallGroups calls={rows} />}
    </>
  );
}

function None({ any }: { any: boolean }) {
  if (any)
    return (
      <p class="empty">
        No call matches these filters. <a href={href(['calls'])}>Show all calls</a>
      </p>
    );
  return (
    <p class="empty">
      No call since {atMinute(overview.value?.started ?? Date.now())}. <a href={href(['connect'])}>Connect a client</a>
    </p>
  );
}

function Older({ next, more }: { next: string | undefined; more: (older: readonly CallLine[]) => void }) {
  const [error, setError] = useState<Refusal>();
  const [state, setState] = useState<{ readonly lines: readonly CallLine[]; readonly next: string | undefined }>();
  const first = useRef(next);
  if (next !== undefined) first.current = next;
  const before = state ? state.next : first.current;
  const load = async () => {
    const { query } = place.value;
    try {
      const page = await ask<Page<CallLine>>(
        'GET',
        withQuery('calls', { plugin: query.get('plugin'), outcome: query.get('outcome'), before }),
      );
      const lines = [...(state?.lines ?? []), ...page.items];
      setState({ lines, next: page.next });
      more(lines);
    } catch (failed) {
      setError(toRefusal(failed));
    }
  };
  return (
    <>
      {error && <Failure error={error} what="Could not load older calls." />}
      {before !== undefined && (
        <button type="button" onClick={load}>
          Load older calls
        </button>
      )}
    </>
  );
}
