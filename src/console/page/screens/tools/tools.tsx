import type { ToolList, ToolRow } from '../../../api/tool-types.ts';
import { route, useAction, withQuery } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { mayChange, overview, plugins, toolsChanged } from '../../data/store.ts';
import { count, many, tokens } from '../../data/words.ts';
import { Failure, Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Check, Pick, Search } from '../../parts/search.tsx';
import { say } from '../../parts/status.tsx';
import { APPROVAL_WORDS, hintWords, PIN_WORDS } from '../../parts/tool-words.ts';
import { href, place } from '../../router.ts';

/** All tools of a profile, with what each costs, and the switches. */
export function ToolsScreen() {
  const profile = place.value.query.get('profile');
  const load = useLoad<ToolList>(withQuery('tools', { profile }), toolsChanged.value);
  const profiles = overview.value?.profiles ?? [];
  return (
    <Screen title="Tools">
      <div class="filters">
        <Search label="Search tools" />
        {profiles.length > 1 && (
          <Pick label="Profile" name="profile" options={profiles.map((name) => [name === 'default' ? '' : name, name])} />
        )}
        <Pick
          label="Plugin"
          name="plugin"
          options={[['', 'all plugins'], ...plugins.value.map(({ id, title }) => [id, title || id] as const)]}
        />
        <Pick label="Approval" name="approval" options={[['', 'any'], ...Object.entries(APPROVAL_WORDS)]} />
        <Check label="changed" name="changed" />
        <Check label="switched off" name="off" />
      </div>
      <Loaded load={load} what="the tools">
        {(list) => <List list={list} load={load.reload} />}
      </Loaded>
    </Screen>
  );
}

function matches(tool: ToolRow): boolean {
  const { query } = place.value;
  const text = query.get('q')?.toLowerCase() ?? '';
  return (
    `${tool.name} ${tool.title ?? ''} ${tool.description}`.toLowerCase().includes(text) &&
    (!query.has('plugin') || tool.plugin === query.get('plugin')) &&
    (!query.has('approval') || tool.approval === query.get('approval')) &&
    (!query.has('changed') || tool.pin === 'new' || tool.pin === 'changed') &&
    (!query.has('off') || !tool.on)
  );
}

function List({ list, load }: { list: ToolList; load: () => void }) {
  const action = useAction();
  const shown = list.items.filter(matches);
  const profile = place.value.query.get('profile') ?? 'default';
  const turn = async (tool: ToolRow) => {
    const done = await action.run<ToolRow>('PUT', route('tools', tool.name), { profile, on: !tool.on });
    if (done) say(`${tool.name} is ${done.answer.on ? 'on' : 'off'} in profile ${profile}.`);
    load();
  };
  if (list.items.length === 0) return <None list={list} />;
  return (
    <>
      {action.error && <Failure error={action.error} />}
      <p class="small">
        {shown.length === list.items.length ? many(shown.length, 'tool') : `${count(shown.length)} of ${many(list.items.length, 'tool')}`},{' '}
        {tokens(shown.reduce((sum, tool) => sum + (tool.on ? tool.tokens : 0), 0))} tokens
        {list.withheld > 0 && (
          <>
            {' '}
            · <a href={href(['changes'])}>{many(list.withheld, 'tool is', 'tools are')} withheld</a>
          </>
        )}
      </p>
      {shown.length === 0 ? <p class="empty">No tool matches these filters.</p> : <Table tools={shown} turn={turn} busy={action.busy} />}
    </>
  );
}

/** Three reasons why a list is empty, each with its way on. */
function None({ list }: { list: ToolList }) {
  const parts = [
    list.needsSettings > 0 && <a href={href(['plugins'])}>{many(list.needsSettings, 'plugin needs', 'plugins need')} settings</a>,
    list.withheld > 0 && <a href={href(['changes'])}>{many(list.withheld, 'tool is', 'tools are')} withheld</a>,
    list.off > 0 && <a href={href(['tools'], { off: '1' })}>{many(list.off, 'tool is', 'tools are')} switched off</a>,
  ].filter((part) => part !== false);
  if (parts.length === 0) return <p class="empty">No tools: no plugin has any.</p>;
  return (
    <p class="empty">
      None:{' '}
      {parts.map((part, i) => (
        <span key={part.props.href}>
          {i > 0 && ', '}
          {part}
        </span>
      ))}
    </p>
  );
}

function Table({ tools, turn, busy }: { tools: readonly ToolRow[]; turn: (tool: ToolRow) => void; busy: boolean }) {
  return (
    <table class="cards">
      <caption>Tools</caption>
      <thead>
        <tr>
          <th scope="col">Tool</th>
          <th scope="col">Plugin</th>
          <th scope="col">What it can do</th>
          <th scope="col">Approval</th>
          <th scope="col" class="n">
            Tokens
          </th>
          <th scope="col" class="n">
            Calls
          </th>
          <th scope="col">On</th>
        </tr>
      </thead>
      <tbody>
        {tools.map((tool) => (
          <tr key={tool.name}>
            <th scope="row">
              <a href={href(['tools', tool.name], { profile: place.value.query.get('profile') })} data-row>
                {tool.name}
              </a>
              {(tool.pin === 'new' || tool.pin === 'changed') && <small> {PIN_WORDS[tool.pin]}</small>}
            </th>
            <td data-label="Plugin">{tool.plugin}</td>
            <td data-label="Can">{hintWords(tool.hints).join(', ') || '–'}</td>
            <td data-label="Approval">{APPROVAL_WORDS[tool.approval]}</td>
            <td data-label="Tokens" class="n">
              {tokens(tool.tokens)}
            </td>
            <td data-label="Calls" class="n">
              {count(tool.calls)}
            </td>
            <td data-label="On">
              {tool.fixed ? (
                <span>
                  {tool.on ? 'on' : 'off'} <small>{tool.fixed}</small>
                </span>
              ) : (
                <input
                  type="checkbox"
                  aria-label={`${tool.name} is on`}
                  checked={tool.on}
                  disabled={busy || !mayChange.value}
                  onChange={() => turn(tool)}
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
