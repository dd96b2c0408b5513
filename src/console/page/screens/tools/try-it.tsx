import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { LiveMessage } from '../../../api/live-types.ts';
import type { ToolDetails, TryAnswer, TryBody } from '../../../api/tool-types.ts';
import type { Json, JsonMap } from '../../../api/types.ts';
import { ask, type Refusal } from '../../api.ts';
import { route } from '../../data/act.ts';
import { toRefusal } from '../../data/load.ts';
import { mayChange, overview } from '../../data/store.ts';
import { focusOnProblem, SchemaForm } from '../../form/form.tsx';
import { JsonText } from '../../form/json-field.tsx';
import { fromGateway, type Problems, problemsOf } from '../../form/problems.ts';
import { isMap, resolve, startOfGroup } from '../../form/schema.ts';
import { listen } from '../../live.ts';
import { Copy } from '../../parts/copy.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Failure } from '../../parts/loaded.tsx';
import { place } from '../../router.ts';

import { Question } from './question.tsx';
import { Result } from './result.tsx';
import { shellLineOf } from './shell-line.ts';

type TryMessage = Extract<LiveMessage, { type: 'try' }>;

/** Arguments of an earlier call, if the address has them. */
function given(): JsonMap | undefined {
  try {
    const read = JSON.parse(place.peek().query.get('arguments') ?? '') as Json;
    return isMap(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** A call through the gateway: a form or JSON, both of the same value, which is what is sent. */
export function TryIt({ tool, profile }: { tool: ToolDetails; profile: string }) {
  const schema = (tool.forms.find(({ dialect }) => dialect === 'native') ?? tool.forms[0])?.schema ?? {};
  const [value, setValue] = useState<JsonMap>(() => given() ?? startOfGroup(resolve(schema, schema), schema));
  const [asJson, setAsJson] = useState(false);
  const [fault, setFault] = useState<string>();
  const [problems, setProblems] = useState<Problems>(new Map());
  const [asked, setAsked] = useState(false);
  const box = useRef<HTMLFormElement>(null);
  const call = useTry(tool, profile);
  const shell = overview.value?.shell;
  const id = useId();
  const mustShow = tool.hints.destructive === true || tool.approval === 'required';

  const run = () => {
    const wrong = asJson ? new Map<string, string>() : problemsOf(value, schema, schema);
    setProblems(wrong);
    if (wrong.size > 0) focusOnProblem(box.current);
    else if (mustShow) setAsked(true);
    else void call.run(value);
  };
  const { error } = call;
  useEffect(() => {
    if (!error) return;
    const found = fromGateway(error.fields);
    setProblems(found);
    if (found.size > 0) focusOnProblem(box.current);
  }, [error]);

  if (!mayChange.value) return <p class="notice">Your key may look, not change: it cannot run tools.</p>;
  return (
    <>
      <form
        ref={box}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!call.busy && fault === undefined) run();
        }}
      >
        <div class="choice-row">
          <fieldset class="switch">
            <legend class="unseen">Arguments as</legend>
            {(['Form', 'JSON'] as const).map((label) => (
              <label key={label}>
                <input
                  type="radio"
                  name={`${id}-as`}
                  checked={asJson === (label === 'JSON')}
                  disabled={fault !== undefined}
                  onChange={() => setAsJson(label === 'JSON')}
                />{' '}
                {label}
              </label>
            ))}
          </fieldset>
          <span class="small">
            {'* required · runs as '}
            {profile === 'default' ? 'the default profile' : `profile ${profile}`}
          </span>
        </div>
        {asJson ? (
          <div class="field">
            <label for={id}>Arguments</label>
            <JsonText
              id={id}
              rows={8}
              value={value}
              onChange={(next, wrong) => {
                const unfit = wrong ?? (next === undefined || !isMap(next) ? 'the arguments must be an object' : undefined);
                setFault(unfit);
                if (unfit === undefined && isMap(next)) setValue(next);
              }}
            />
            {fault === 'the arguments must be an object' && <p class="problem">The arguments must be an object.</p>}
          </div>
        ) : (
          <SchemaForm schema={schema} value={value} problems={problems} onChange={setValue} />
        )}
        <div class="buttons run-bar">
          <button type="submit" class="primary" disabled={call.busy || fault !== undefined}>
            Run
          </button>
          {call.busy && (
            <button type="button" onClick={call.cancel}>
              Cancel
            </button>
          )}
          {shell && (
            <Copy text={shellLineOf(tool.name, profile, value, shell)} label={shell.command ? 'Copy as command' : 'Copy as curl'} />
          )}
        </div>
      </form>
      {asked && (
        <Confirm title={`Run ${tool.name}?`} deed="Run" close={() => setAsked(false)} act={() => void call.run(value)}>
          <p>It {tool.hints.destructive ? 'can delete' : 'asks before it runs'}. These arguments are sent:</p>
          <pre>{JSON.stringify(value, null, 2)}</pre>
        </Confirm>
      )}
      {call.question && <Question id={call.id} question={call.question} done={call.answered} />}
      {call.busy && <Progress progress={call.progress} />}
      {error && error.code !== 'ABORTED' && <Failure error={error} what="The call was refused." />}
      {error?.code === 'ABORTED' && <p class="notice">You cancelled the call.</p>}
      {call.answer && <Result answer={call.answer} />}
    </>
  );
}

interface Try {
  readonly id: string;
  readonly busy: boolean;
  readonly progress: TryMessage['progress'];
  readonly question: JsonMap | undefined;
  readonly answer: TryAnswer | undefined;
  readonly error: Refusal | undefined;
  run(value: JsonMap): Promise<void>;
  cancel(): void;
  answered(): void;
}

function useTry(tool: ToolDetails, profile: string): Try {
  const [id, setId] = useState('');
  const [busy, setBusy] = useState(false);
  const [progress, setProgress] = useState<TryMessage['progress']>();
  const [question, setQuestion] = useState<JsonMap>();
  const [answer, setAnswer] = useState<TryAnswer>();
  const [error, setError] = useState<Refusal>();
  const abort = useRef<AbortController | undefined>(undefined);
  const current = useRef('');
  const path = route('tools', tool.name, 'try');

  // From the start: what the call says first may come before the page is drawn again.
  useEffect(
    () =>
      listen((message) => {
        if (message.type !== 'try' || message.id !== current.current) return;
        if (message.progress) setProgress(message.progress);
        if (message.question) setQuestion(message.question);
      }),
    [],
  );
  // Leaving the screen cancels what nobody waits for.
  useEffect(() => () => abort.current?.abort(), []);

  return {
    id,
    busy,
    progress,
    question,
    answer,
    error,
    answered: () => setQuestion(undefined),
    cancel: () => abort.current?.abort(),
    async run(value) {
      const mine = crypto.randomUUID();
      const control = new AbortController();
      abort.current = control;
      current.current = mine;
      setId(mine);
      setBusy(true);
      setProgress(undefined);
      setAnswer(undefined);
      setError(undefined);
      try {
        setAnswer(await ask<TryAnswer>('POST', path, { id: mine, profile, arguments: value } satisfies TryBody, control.signal));
      } catch (failed) {
        setError(toRefusal(failed));
      } finally {
        setBusy(false);
        setQuestion(undefined);
      }
    },
  };
}

function Progress({ progress }: { progress: TryMessage['progress'] }) {
  return (
    <p role="status">
      Running…{' '}
      {progress && (
        <>
          <progress aria-label="Progress" value={progress.progress} max={progress.total ?? undefined} /> {progress.progress}
          {progress.total !== undefined && ` of ${progress.total}`} {progress.message}
        </>
      )}
    </p>
  );
}
