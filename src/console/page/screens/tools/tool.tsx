import type { Grant, ToolDetails } from '../../../api/tool-types.ts';
import { route, useAction, withQuery } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { mayChange, toolsChanged } from '../../data/store.ts';
import { tokens } from '../../data/words.ts';
import { Ago } from '../../parts/ago.tsx';
import { CallTable } from '../../parts/call-table.tsx';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { APPROVAL_WORDS, hintWords, PIN_WORDS } from '../../parts/tool-words.ts';
import { href, place } from '../../router.ts';
import { Forms, Schemas } from './seen-by-model.tsx';
import { TryIt } from './try-it.tsx';

/** Who says so, if it is not a place in mcp.json. */
const RULED_BY: { readonly [by: string]: string } = { format: 'its plugin says so', profile: 'the profile says so' };

const TABS = [
  ['', 'Try it'],
  ['model', 'What the model sees'],
  ['schema', 'Schema'],
  ['approval', 'Approval'],
  ['history', 'History'],
] as const;

export function ToolScreen({ name }: { name: string }) {
  const { query } = place.value;
  const profile = query.get('profile');
  // Each tab shows what is so now: a try may have added a call and a permission.
  const load = useLoad<ToolDetails>(withQuery(route('tools', name), { profile }), `${toolsChanged.value} ${query.get('tab')}`);
  return (
    <Screen title={name} trail={<a href={href(['tools'], { profile })}>Tools</a>}>
      <Loaded load={load} what="the tool">
        {(tool) => <Tabs tool={tool} profile={profile ?? 'default'} reload={load.reload} />}
      </Loaded>
    </Screen>
  );
}

function Tabs({ tool, profile, reload }: { tool: ToolDetails; profile: string; reload: () => void }) {
  const { path, query } = place.value;
  const tab = query.get('tab') ?? '';
  return (
    <>
      <p>
        {[APPROVAL_WORDS[tool.approval], ...hintWords(tool.hints), `${tokens(tool.tokens)} tokens`].join(' · ')}
        {!tool.on && ' · switched off'}
        {PIN_WORDS[tool.pin] && ` · ${PIN_WORDS[tool.pin]}`} · of <a href={href(['plugins', tool.plugin])}>{tool.plugin}</a>
      </p>
      <p class="description">{tool.description}</p>
      <div class="tabs">
        {TABS.map(([name, title]) => (
          <a key={name} href={href(path, { profile: query.get('profile'), tab: name })} aria-current={tab === name ? 'true' : undefined}>
            {title}
          </a>
        ))}
      </div>
      {tab === '' && <TryIt key={`${tool.name} ${profile}`} tool={tool} profile={profile} />}
      {tab === 'model' && <Forms tool={tool} />}
      {tab === 'schema' && <Schemas tool={tool} />}
      {tab === 'approval' && <Approval tool={tool} reload={reload} />}
      {tab === 'history' &&
        (tool.history.length === 0 ? (
          <p class="empty">Nobody has called it since the start.</p>
        ) : (
          <CallTable calls={tool.history} caption="Calls of this tool" />
        ))}
    </>
  );
}

function Approval({ tool, reload }: { tool: ToolDetails; reload: () => void }) {
  const action = useAction();
  const forget = async ({ principal, profile, plugin, tool: name }: Grant) => {
    await action.run('DELETE', 'grants', { principal, profile, plugin, tool: name });
    reload();
  };
  return (
    <>
      <p>
        This tool {APPROVAL_WORDS[tool.approval]}, because {RULED_BY[tool.ruledBy] ?? `${tool.ruledBy} says so`}.
      </p>
      {action.error && <Failure error={action.error} />}
      {tool.grants.length === 0 ? (
        <p class="empty">Nobody has allowed it for good.</p>
      ) : (
        <table class="cards">
          <caption>Who allowed it for good</caption>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Profile</th>
              <th scope="col">When</th>
              <th scope="col">
                <span class="unseen">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tool.grants.map((grant) => (
              <tr key={`${grant.principal} ${grant.profile}`}>
                <th scope="row">{grant.principal}</th>
                <td data-label="Profile">{grant.profile}</td>
                <td data-label="When">{grant.at === undefined ? 'not known' : <Ago at={grant.at} />}</td>
                <td>
                  <button type="button" disabled={!mayChange.value || action.busy} onClick={() => forget(grant)}>
                    Forget
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
