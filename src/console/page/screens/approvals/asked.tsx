import { useRef } from 'preact/hooks';
import type { Waiting } from '../../../api/tool-types.ts';
import type { Json } from '../../../api/types.ts';
import { route, useAction } from '../../data/act.ts';
import { hiddenIn } from '../../data/hidden.ts';
import { loadWaiting } from '../../data/waiting.ts';
import { many, span } from '../../data/words.ts';
import { isMap } from '../../form/schema.ts';
import { Running } from '../../parts/ago.tsx';
import { Failure } from '../../parts/loaded.tsx';
import { say } from '../../parts/status.tsx';
import { hintWords } from '../../parts/tool-words.ts';
import { useReady } from './ready.ts';

type Reply = 'once' | 'session' | 'always' | 'deny';
const ALLOW: { readonly [reply in Waiting['offered'][number]]: string } = {
  once: 'Allow this call',
  session: 'Allow for this session',
  always: 'Always allow this tool',
};

/** Where the rule comes from. */
const RULES: { readonly [source: string]: string } = {
  format: 'its plugin says so',
  plugin: 'the entry of its plugin in mcp.json says so',
  profile: 'the profile says so',
};

/** One call that waits: who wants what, all of its arguments, and the answers that are offered. */
export function Asked({ entry, order, cutOff }: { entry: Waiting; order: string; cutOff: boolean }) {
  const box = useRef<HTMLElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const ready = useReady(box, end, order, entry.shown);
  const action = useAction();
  const reply = async (answer: Reply) => {
    const done = await action.run('POST', route('approvals', entry.id), { answer, shown: entry.shown });
    if (done) say(answer === 'deny' ? 'Denied; nothing ran.' : 'Allowed.');
    // What waits is another thing by now, or nothing.
    else await loadWaiting();
  };
  const off = cutOff || action.busy;
  const button = (answer: Reply, words: string, look: string, inactive: boolean) => (
    // Not disabled, so that it keeps the focus while it is inactive.
    <button
      key={answer}
      type="button"
      class={look}
      aria-disabled={inactive}
      onClick={() => {
        if (!inactive && !ready.tooEarly()) void reply(answer);
      }}
    >
      {words}
    </button>
  );
  return (
    <article ref={box} class="asked-call" aria-label={`${entry.plugin} ${entry.tool}`}>
      <div class="choice-row">
        <h2>
          <bdi>{entry.client}</bdi>{' '}
          <small>
            ({entry.principal}, profile {entry.profile})
          </small>{' '}
          wants to run <bdi>{entry.plugin}</bdi> › <bdi>{entry.tool}</bdi>
        </h2>
        <span class="small">
          waiting <Running since={entry.since} /> of {span(entry.until - entry.since)}
        </span>
      </div>
      <p class="small">
        {[
          ...hintWords(entry.hints),
          `asked because ${entry.place ? `${entry.place} says “ask”` : (RULES[entry.ruledBy] ?? `${entry.ruledBy} says so`)}`,
        ].join(' · ')}
      </p>
      <Arguments value={entry.arguments} />
      {entry.preview && <p>Preview by the plugin: “{entry.preview}”</p>}
      <div ref={end} class="end" />
      {action.error && <Failure error={action.error} what={action.error.status === 410 ? 'It is gone; nothing ran.' : 'Not answered.'} />}
      <div class="buttons">
        {button('deny', 'Deny', 'danger', off || !ready.settled)}
        {entry.offered.map((answer) =>
          button(answer, ALLOW[answer], answer === 'once' ? 'primary' : '', off || !ready.settled || !ready.read),
        )}
      </div>
      {!ready.read && <p class="small">Scroll to the end of the arguments to allow it.</p>}
      {cutOff && <p class="small">The gateway cannot be reached.</p>}
    </article>
  );
}

function Arguments({ value }: { value: Json }) {
  const rows: readonly (readonly [string, Json])[] = isMap(value) ? Object.entries(value) : [['', value]];
  const texts = rows.map(([name, each]) => [name, JSON.stringify(each, null, isMap(each) || Array.isArray(each) ? 2 : undefined)] as const);
  // JSON escapes controls itself; they count as hidden too.
  const hidden = hiddenIn(textsIn(value).join(''));
  if (rows.length === 0) return <p class="small">Without arguments.</p>;
  return (
    <>
      <dl class="facts arguments">
        {texts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="mono">{text}</dd>
          </div>
        ))}
      </dl>
      {hidden > 0 && <p class="notice warn">{many(hidden, 'hidden character is', 'hidden characters are')} shown escaped.</p>}
    </>
  );
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsIn);
  return isMap(value) ? Object.entries(value).flatMap(([name, each]) => [name, ...textsIn(each)]) : [];
}
