import { useState } from 'preact/hooks';
import type { Card, PluginDetails } from '../../../api/types.ts';
import { ask } from '../../api.ts';
import { type Action, route } from '../../data/act.ts';
import { lasting, many } from '../../data/words.ts';
import { Confirm } from '../../parts/dialog.tsx';
import { stateWords } from '../../parts/state-word.tsx';
import { say } from '../../parts/status.tsx';

type Deed = 'enable' | 'disable' | 'restart' | 'check';
const INTERRUPTS: ReadonlySet<Deed> = new Set(['disable', 'restart']);

interface Props {
  readonly details: PluginDetails;
  readonly action: Action;
  readonly reload: () => void;
}

/** The switches of a plugin. What interrupts running calls is asked first. */
export function Deeds({ details, action, reload }: Props) {
  const [asked, setAsked] = useState<{ readonly deed: Deed; readonly now: PluginDetails }>();
  const [looking, setLooking] = useState(false);
  const { id, title, offBy } = details;
  const off = details.state === 'disabled';
  const busy = action.busy || looking;
  const run = async (deed: Deed) => {
    const done = await action.run<Card>('POST', route('plugins', id, deed));
    reload();
    if (done) say(`${title || id}: ${stateWords(done.answer)}`);
  };
  const start = async (deed: Deed) => {
    if (!INTERRUPTS.has(deed)) return run(deed);
    setLooking(true);
    // Calls may have begun since the page was fetched. If they cannot be counted, neither can the action be done.
    const now = await ask<PluginDetails>('GET', route('plugins', id)).catch(() => undefined);
    setLooking(false);
    if (now && (now.active > 0 || now.beside.some(({ active }) => active > 0))) setAsked({ deed, now });
    else await run(deed);
  };
  return (
    <div class="buttons">
      {off ? (
        <button type="button" class="primary" disabled={busy || offBy !== 'administrator'} onClick={() => start('enable')}>
          Switch on
        </button>
      ) : (
        <button type="button" disabled={busy} onClick={() => start('disable')}>
          Switch off
        </button>
      )}
      <button type="button" disabled={busy || off} onClick={() => start('restart')}>
        Restart
      </button>
      <button type="button" disabled={busy} onClick={() => start('check')}>
        Check now
      </button>
      {off && offBy !== 'administrator' && <span class="small">mcp.json switched it off: change it there.</span>}
      {asked && (
        <Confirm
          title={asked.deed === 'restart' ? 'Restart the plugin?' : 'Switch the plugin off?'}
          deed={asked.deed === 'restart' ? 'Restart' : 'Switch off'}
          close={() => setAsked(undefined)}
          act={() => void run(asked.deed)}
        >
          <Interrupts {...asked} />
        </Confirm>
      )}
    </div>
  );
}

/** What the action does to the calls that run. */
function Interrupts({ deed, now }: { deed: Deed; now: PluginDetails }) {
  const { active, beside, drainMs } = now;
  const others = beside.filter((other) => other.active > 0);
  return (
    <>
      <p>{active === 0 ? 'No call of this plugin is running.' : `${many(active, 'call is', 'calls are')} running.`}</p>
      {others.length > 0 && (
        <p>
          Its process is replaced, and with it that of{' '}
          {others.map(({ title, active: n }) => `${title} (${many(n, 'running call')})`).join(', ')}.
        </p>
      )}
      <p>
        Running calls may finish for up to {lasting(drainMs)}; after that they fail, although their tools may have run.
        {deed === 'disable' ? ' New calls are rejected at once.' : ' New calls go to the new process.'}
      </p>
    </>
  );
}
