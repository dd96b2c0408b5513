import type { Change, Changes } from '../../../api/tool-types.ts';
import { useAction } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { changesChanged, mayChange } from '../../data/store.ts';
import { atDay, many } from '../../data/words.ts';
import { Ago } from '../../parts/ago.tsx';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { say } from '../../parts/status.tsx';

const KINDS: { readonly [kind in Change['kind']]: string } = { new: 'new', changed: 'changed', gone: 'no longer there' };

/** What differs from the lock file, compared, to accept. */
export function ChangesScreen() {
  const load = useLoad<Changes>('changes', changesChanged.value);
  return (
    <Screen title="Changes">
      <Loaded load={load} what="the changes">
        {(changes) => <List changes={changes} reload={load.reload} />}
      </Loaded>
    </Screen>
  );
}

function List({ changes, reload }: { changes: Changes; reload: () => void }) {
  const action = useAction();
  const { items, accepted, lockFile, since } = changes;
  const accept = async (some: readonly Change[]) => {
    const tools = some.map(({ plugin, tool, surface }) => ({ plugin, tool, surface }));
    if (await action.run('POST', 'changes/accept', { tools })) say(`${many(some.length, 'change')} accepted.`);
    reload();
  };
  if (lockFile === undefined)
    return (
      <p class="empty">
        No lock file: every tool is trusted as it comes. <code>plugmux lock</code> makes one.
      </p>
    );
  const plugins = [...new Set(items.map(({ plugin }) => plugin))];
  return (
    <>
      {action.error && (
        <Failure
          error={action.error}
          what={action.error.status === 409 ? 'It looks different again: look once more.' : 'Nothing was accepted.'}
        />
      )}
      {items.length === 0 && <p class="empty">Nothing has changed{since === undefined ? '' : ` since ${atDay(since)}`}.</p>}
      {plugins.map((plugin) => {
        const mine = items.filter((change) => change.plugin === plugin);
        const open = mine.filter(({ kind }) => kind !== 'gone');
        return (
          <section key={plugin} aria-label={plugin}>
            <div class="choice-row">
              <h2>{plugin}</h2>
              {mayChange.value && open.length > 1 && (
                <button type="button" disabled={action.busy} onClick={() => accept(open)}>
                  Accept all {open.length} of this plugin
                </button>
              )}
            </div>
            {mine.map((change) => (
              <One key={change.tool} change={change} busy={action.busy} accept={() => accept([change])} />
            ))}
          </section>
        );
      })}
      {accepted.length > 0 && (
        <>
          <h2>Accepted here</h2>
          <p class="small">
            <code>plugmux lock</code> writes these into {lockFile}.
          </p>
          <ul>
            {accepted.map(({ plugin, tool, kind, accepted: by }) => (
              <li key={`${plugin} ${tool}`}>
                {plugin} › {tool} ({KINDS[kind]}){' '}
                {by && (
                  <small>
                    by {by.by}, <Ago at={by.at} />
                  </small>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function One({ change, busy, accept }: { change: Change; busy: boolean; accept: () => void }) {
  const { tool, kind, description, schema, hints } = change;
  return (
    <article class="change" aria-label={tool}>
      <div class="choice-row">
        <h3>
          {tool}{' '}
          <small>
            {KINDS[kind]}
            {kind !== 'gone' && ', withheld until you accept it'}
          </small>
        </h3>
        {kind !== 'gone' && mayChange.value && (
          <button type="button" disabled={busy} onClick={accept}>
            Accept <span class="unseen">{tool}</span>
          </button>
        )}
      </div>
      {description && description.length > 0 && (
        <p class="words">
          {description.map(({ text, added, removed }, i) => {
            return added ? <ins key={i}>{text}</ins> : removed ? <del key={i}>{text}</del> : text;
          })}
        </p>
      )}
      {schema.length > 0 && (
        <ul>
          {schema.map(({ path, what }) => (
            <li key={`${path} ${what}`}>
              <code>{path}</code>: {what}
            </li>
          ))}
        </ul>
      )}
      {hints.length > 0 && (
        <ul>
          {hints.map(({ name, before, after }) => (
            <li key={name}>
              {name}: <del>{before ?? 'not said'}</del> <ins>{after ?? 'not said'}</ins>
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}
