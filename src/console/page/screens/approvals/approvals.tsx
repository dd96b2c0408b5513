import { useState } from 'preact/hooks';
import { useLoad } from '../../data/load.ts';
import { gone, mayChange, waiting } from '../../data/store.ts';
import { connection, used } from '../../live.ts';
import { Screen } from '../../parts/screen.tsx';
import { href } from '../../router.ts';
import { Asked } from './asked.tsx';

/** Calls that wait for a person, oldest first; their order never changes. */
export function ApprovalsScreen() {
  if (!mayChange.value)
    return (
      <Screen title="Approvals">
        <p class="notice">Your key may look, not change: it cannot answer.</p>
      </Screen>
    );
  return (
    <Screen title="Approvals">
      <Queue />
    </Screen>
  );
}

function Queue() {
  const entries = waiting.value ?? [];
  const cutOff = connection.value.state === 'offline';
  return (
    <>
      {entries.length === 0 ? (
        <None />
      ) : (
        entries.map((entry) => <Asked key={entry.id} entry={entry} order={entries.map(({ id }) => id).join()} cutOff={cutOff} />)
      )}
      {gone.value.length > 0 && (
        <>
          <h2>Gone</h2>
          <ul>
            {gone.value.map(({ entry, why }) => (
              <li key={entry.id}>
                {entry.plugin} › {entry.tool} of {entry.client}: {why}
              </li>
            ))}
          </ul>
        </>
      )}
      <Notices />
    </>
  );
}

function None() {
  const tools = useLoad<{ readonly items: readonly { readonly approval: string }[] }>('tools');
  const asking = tools.data?.items.filter(({ approval }) => approval === 'required').length;
  return (
    <p class="empty">
      Nobody waits.{' '}
      {asking !== undefined && (
        <>
          Tools that ask: <a href={href(['tools'], { approval: 'required' })}>{asking}</a>
        </>
      )}
    </p>
  );
}

/** Desktop notices, only if the person asks for them. */
function Notices() {
  const [state, setState] = useState('Notification' in window ? Notification.permission : 'denied');
  if (state === 'granted') return <p class="small">Desktop notices are on: calls may wait for you while this page is in the background.</p>;
  if (state === 'denied') return <p class="small">Desktop notices are not allowed in this browser.</p>;
  const allow = async () => {
    setState(await Notification.requestPermission());
    used(true);
  };
  return (
    <p>
      <button type="button" onClick={allow}>
        Show desktop notices
      </button>{' '}
      <span class="small">Without them, calls wait only while this page is open and used.</span>
    </p>
  );
}
