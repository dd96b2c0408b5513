import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Json, JsonMap, PluginDetails, SettingRow, SettingsAnswer, SettingsBody, SettingsSaved } from '../../../api/types.ts';
import type { Refusal } from '../../api.ts';
import { route, useAction } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { mayChange, plugins } from '../../data/store.ts';
import { many } from '../../data/words.ts';
import { focusOnProblem } from '../../form/form.tsx';
import { fromGateway, type Problems, problemsOf } from '../../form/problems.ts';
import { isMap } from '../../form/schema.ts';
import { Ago } from '../../parts/ago.tsx';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { href } from '../../router.ts';
import { Compare } from './compare.tsx';
import { Setting } from './setting.tsx';

export function SettingsScreen({ id }: { id: string }) {
  const card = plugins.value.find((plugin) => plugin.id === id);
  const name = card?.title || id;
  const load = useLoad<SettingsAnswer | null>(route('plugins', id, 'settings'));
  return (
    <Screen
      title="Settings"
      trail={
        <>
          <a href={href(['plugins'])}>Plugins</a> › <a href={href(['plugins', id])}>{name}</a>
        </>
      }
    >
      <Loaded load={load} what="the settings">
        {(answer) =>
          answer === null ? (
            <NoSettings id={id} />
          ) : (
            <Editor id={id} name={name} answer={answer} fetched={load.at ?? 0} reload={load.reload} />
          )
        }
      </Loaded>
    </Screen>
  );
}

function NoSettings({ id }: { id: string }) {
  const load = useLoad<PluginDetails>(route('plugins', id));
  return (
    <>
      <p class="empty">This plugin declares no settings.</p>
      {load.data && (
        <>
          <p>It was given:</p>
          <pre>{JSON.stringify(load.data.facts, null, 2)}</pre>
        </>
      )}
    </>
  );
}

interface EditorProps {
  readonly id: string;
  readonly name: string;
  readonly answer: SettingsAnswer;
  readonly fetched: number;
  readonly reload: () => void;
}

function Editor({ id, name, answer, reload }: EditorProps) {
  const [base, setBase] = useState(answer);
  const [values, setValues] = useState<JsonMap>(answer.values);
  const [secrets, setSecrets] = useState<SettingsBody['secrets']>({});
  const [problems, setProblems] = useState<Problems>(new Map());
  const [saved, setSaved] = useState<SettingsSaved & { readonly before: JsonMap }>();
  const action = useAction();
  const save = useAction();
  const box = useRef<HTMLFormElement>(null);
  const form = useId();
  const changed = JSON.stringify(values) !== JSON.stringify(base.values) || Object.keys(secrets).length > 0;

  // What was fetched anew is taken over, unless something is being edited: then saving finds the conflict.
  useEffect(() => {
    if (answer.revision === base.revision && answer !== base) setBase(answer);
    if (answer.revision === base.revision || changed) return;
    setBase(answer);
    setValues(answer.values);
  }, [answer]);

  const schemaOf = (key: string): Json | undefined => (isMap(base.schema.properties) ? base.schema.properties[key] : undefined);
  const discard = () => {
    setBase(answer);
    setValues(answer.values);
    setSecrets({});
    setProblems(new Map());
    action.clear();
  };
  const put = async (next: JsonMap, revision: string) => {
    const wrong = faultsOf(base.settings, next, schemaOf, base.schema);
    setProblems(wrong);
    if (wrong.size > 0) return focusOnProblem(box.current);
    const before = base.values;
    const done = await save.run<SettingsSaved>('PUT', route('plugins', id, 'settings'), {
      revision,
      values: next,
      secrets,
    } satisfies SettingsBody);
    if (!done) return;
    setSaved({ ...done.answer, before });
    setSecrets({});
    setValues(next);
    setBase({ ...base, revision: done.answer.revision, values: next });
    reload();
  };
  const refused = save.error;
  useEffect(() => {
    if (refused?.status !== 422) return;
    setProblems(fromGateway(refused.fields));
    focusOnProblem(box.current);
  }, [refused]);

  return (
    <form
      ref={box}
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void put(values, base.revision);
      }}
    >
      {base.closed && <p class="notice">All settings of this plugin are fixed in mcp.json ({base.closed}). Change them there.</p>}
      {base.problems.map((text) => (
        <p key={text} class="notice warn">
          {text}
        </p>
      ))}
      {saved && !changed && <Saved saved={saved} name={name} back={() => put(saved.before, base.revision)} />}
      {base.settings.map((row) => (
        <Setting
          key={row.key}
          row={row}
          schema={schemaOf(row.key)}
          root={base.schema}
          form={form}
          closed={base.closed !== undefined || !mayChange.value}
          value={values[row.key]}
          secret={secrets[row.key]}
          problems={problems}
          onValue={(value) => {
            const { [row.key]: _, ...others } = values;
            setValues(value === undefined ? others : { ...values, [row.key]: value });
          }}
          onSecret={(text) => {
            const { [row.key]: _, ...others } = secrets;
            setSecrets(text === undefined ? others : { ...secrets, [row.key]: text });
          }}
        />
      ))}
      {refused?.status === 409 ? (
        <Compare
          id={id}
          mine={values}
          base={base.values}
          overwrite={(revision) => put(values, revision)}
          take={(newer) => {
            setBase(newer);
            setValues(newer.values);
            setSecrets({});
            save.clear();
          }}
        />
      ) : (
        refused && <Refused error={refused} />
      )}
      {mayChange.value && base.closed === undefined && (
        <div class="buttons run-bar">
          <button type="submit" class="primary" disabled={!changed || save.busy}>
            Save and restart {name}
          </button>
          <button type="button" disabled={!changed || save.busy} onClick={discard}>
            Discard
          </button>
          <Running id={id} />
        </div>
      )}
    </form>
  );
}

function Refused({ error }: { error: Refusal }) {
  return error.status === 422 && Object.keys(error.fields).length > 0 ? (
    <p class="notice bad" role="alert">
      Nothing was saved: {many(Object.keys(error.fields).length, 'setting is', 'settings are')} not accepted.
    </p>
  ) : (
    <Failure error={error} what="Nothing was saved." />
  );
}

/** Calls that finish before a restart. */
function Running({ id }: { id: string }) {
  const load = useLoad<PluginDetails>(route('plugins', id));
  return load.data && load.data.active > 0 ? (
    <span class="small">{many(load.data.active, 'running call finishes', 'running calls finish')} first</span>
  ) : null;
}

function Saved({ saved, name, back }: { saved: SettingsSaved; name: string; back: () => void }) {
  const good = saved.state === 'ready' || saved.state === 'starting';
  return (
    <div class={`notice ${good ? 'good' : 'bad'}`} role="status">
      <p>
        Saved in this gateway <Ago at={Date.now()} />: {saved.changed.join(', ') || 'nothing changed'}.{' '}
        {good
          ? `${name} runs with it.`
          : saved.needs.length > 0
            ? `${name} still needs ${saved.needs.join(', ')}.`
            : `${name} did not come up.`}
      </p>
      {saved.why && (
        <p>
          {saved.why.message} {saved.why.fix} <small>{saved.why.code}</small>
        </p>
      )}
      {!good && saved.changed.length > 0 && (
        <button type="button" onClick={back}>
          Put the old ones back
        </button>
      )}
    </div>
  );
}

function faultsOf(rows: readonly SettingRow[], values: JsonMap, schemaOf: (key: string) => Json | undefined, root: JsonMap): Problems {
  return new Map(
    rows
      .filter(({ key, secret, fixed }) => !secret && !fixed && values[key] !== undefined)
      .flatMap(({ key }) => [...problemsOf(values[key], schemaOf(key), root, false, key)]),
  );
}
