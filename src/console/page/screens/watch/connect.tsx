import { useState } from 'preact/hooks';
import type { Client, ConnectRow, Page } from '../../../api/types.ts';
import { withQuery } from '../../data/act.ts';
import { canBe } from '../../data/client-kind.ts';
import { now } from '../../data/clock.ts';
import { useLoad } from '../../data/load.ts';
import { clients, overview } from '../../data/store.ts';
import { Ago } from '../../parts/ago.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Pick } from '../../parts/search.tsx';
import { place, setQuery } from '../../router.ts';

const WHERE: { readonly [kind in ConnectRow['kind']]: string } = {
  line: 'Run this in a terminal',
  file: 'Put this into',
  link: 'Open this link',
  note: 'Know this',
};

/** The line or the file for a client, and whether one has come since. */
export function ConnectScreen() {
  const { query } = place.value;
  const profile = query.get('profile');
  const load = useLoad<Page<ConnectRow>>(withQuery('connect', { profile }));
  const profiles = overview.value?.profiles ?? [];
  return (
    <Screen title="Connect a client">
      <Loaded load={load} what="the clients">
        {({ items }) => {
          const names = [...new Map(items.map(({ client, title }) => [client, title]))];
          const client = query.get('client') ?? names[0]?.[0];
          return (
            <>
              <div class="filters">
                <label>
                  Client
                  <select value={client} onChange={(event) => setQuery({ client: event.currentTarget.value })}>
                    {names.map(([name, title]) => (
                      <option key={name} value={name}>
                        {title}
                      </option>
                    ))}
                  </select>
                </label>
                {profiles.length > 1 && (
                  <Pick label="Profile" name="profile" options={profiles.map((name) => [name === 'default' ? '' : name, name])} />
                )}
              </div>
              {items
                .filter((row) => row.client === client)
                .map((row) => (
                  <Way key={`${row.kind} ${row.text}`} row={row} />
                ))}
              <Waits
                key={`${client} ${profile}`}
                client={client ?? ''}
                title={names.find(([name]) => name === client)?.[1] ?? ''}
                profile={profile ?? 'default'}
              />
            </>
          );
        }}
      </Loaded>
    </Screen>
  );
}

function Way({ row }: { row: ConnectRow }) {
  if (row.kind === 'note') return <p class="notice">{row.text}</p>;
  return (
    <section aria-label={`${WHERE[row.kind]} ${row.place ?? ''}`.trim()}>
      <h2>
        {WHERE[row.kind]} {row.kind === 'file' && row.place && <code>{row.place}</code>}
      </h2>
      {row.note && <p>{row.note}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <pre tabIndex={0}>{row.text}</pre>
      <Copy text={row.text} />
    </section>
  );
}

/** Green only when a client of this kind has connected and fetched the list of tools since this was shown. */
function Waits({ client, title, profile }: { client: string; title: string; profile: string }) {
  const [since] = useState(now);
  const come = clients.value
    .filter((one) => one.profile === profile && one.introduced > since && (one.listed ?? 0) > since)
    .toSorted((a, b) => (b.listed ?? 0) - (a.listed ?? 0));
  const newest = come.find(({ name }) => canBe(client, name));
  const other = come[0];
  return (
    <>
      <h2>Did it work?</h2>
      {newest ? (
        <p class="notice good" role="status">
          <strong>Connected.</strong> {nameOf(newest)} has fetched the list of tools <Ago at={newest.listed ?? 0} />.
        </p>
      ) : (
        <p class="notice" role="status">
          Waiting for the first request of {title}. This turns green when it connects and fetches the list of tools; restart it if it was
          running.{other && ` Another client has connected meanwhile: ${nameOf(other)}.`}
        </p>
      )}
    </>
  );
}

const nameOf = ({ name, version }: Client): string => (name === '' ? 'A client without a name' : `${name} ${version ?? ''}`.trim());
