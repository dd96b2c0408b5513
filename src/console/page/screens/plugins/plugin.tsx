import type { Card, PluginDetails } from '../../../api/types.ts';
import { route, useAction } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { mayChange, plugins } from '../../data/store.ts';
import { many } from '../../data/words.ts';
import { Ago } from '../../parts/ago.tsx';
import { Copy } from '../../parts/copy.tsx';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { StateWord } from '../../parts/state-word.tsx';
import { Words } from '../../parts/words.tsx';
import { href } from '../../router.ts';
import { Deeds } from './plugin-deeds.tsx';
import { PluginFacts } from './plugin-facts.tsx';

/** One plugin: state, cause and what to do, its process, what is wrong with it, and its switches. */
export function PluginScreen({ id }: { id: string }) {
  const card = plugins.value.find((plugin) => plugin.id === id);
  const load = useLoad<PluginDetails>(route('plugins', id), `${card?.state} ${card?.since}`);
  return (
    <Screen title={card?.title || id} trail={<a href={href(['plugins'])}>Plugins</a>}>
      <Loaded load={load} what="the plugin">
        {(details) => <Details details={{ ...details, ...card }} reload={load.reload} />}
      </Loaded>
    </Screen>
  );
}

function Details({ details, reload }: { details: PluginDetails; reload: () => void }) {
  const { id, why, since, description } = details;
  const action = useAction();
  return (
    <>
      {description && <p>{description}</p>}
      <p>
        <StateWord card={details} />
        {since > 0 && (
          <>
            {' '}
            since <Ago at={since} suffix="" />
          </>
        )}
      </p>
      {why && <Why card={details} />}
      {details.state === 'needs-config' && (
        <p>
          Missing: {details.needs.join(', ') || 'settings'}. <a href={href(['plugins', id, 'settings'])}>Open its settings</a>
        </p>
      )}
      {action.error && <Failure error={action.error} />}
      {mayChange.value && <Deeds details={details} action={action} reload={reload} />}
      <p>
        <a href={href(['plugins', id, 'settings'])}>Settings</a> ·{' '}
        <a href={href(['tools'], { plugin: id })}>{many(details.tools, 'tool')}</a> · <a href={href(['calls'], { plugin: id })}>Calls</a> ·{' '}
        <a href={href(['logs'], { area: `plugin:${id}` })}>Log</a>
        {details.withheld > 0 && (
          <>
            {' '}
            · <a href={href(['changes'])}>{details.withheld} withheld</a>
          </>
        )}
      </p>
      <PluginFacts details={details} />
    </>
  );
}

function Why({ card: { why, state } }: { card: Card }) {
  if (!why) return null;
  return (
    <div class={`notice ${state === 'failed' ? 'bad' : 'warn'}`}>
      <p>
        <Words text={why.message} />
      </p>
      {why.fix && why.fix !== why.command && (
        <p>
          <Words text={why.fix} />
        </p>
      )}
      {why.command && (
        <p>
          <code>{why.command}</code> <Copy text={why.command} />
        </p>
      )}
      <p class="small">{why.code}</p>
    </div>
  );
}
