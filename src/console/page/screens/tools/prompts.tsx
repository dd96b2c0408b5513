import type { Instructions, PromptRow } from '../../../api/tool-types.ts';
import type { Page } from '../../../api/types.ts';
import { withQuery } from '../../data/act.ts';
import { useLoad } from '../../data/load.ts';
import { overview, toolsChanged } from '../../data/store.ts';
import { count, tokens } from '../../data/words.ts';
import { Loaded } from '../../parts/loaded.tsx';
import { Screen } from '../../parts/screen.tsx';
import { Pick } from '../../parts/search.tsx';
import { place } from '../../router.ts';

const size = (part: { readonly chars: number; readonly tokens: number }): string =>
  `${count(part.chars)} characters, ${tokens(part.tokens)} tokens`;

/** Prompts and instructions as a client of a profile gets them. */
export function PromptsScreen() {
  const profile = place.value.query.get('profile');
  const instructions = useLoad<Instructions>(withQuery('instructions', { profile }), toolsChanged.value);
  const prompts = useLoad<Page<PromptRow>>(withQuery('prompts', { profile }), toolsChanged.value);
  const profiles = overview.value?.profiles ?? [];
  return (
    <Screen title="Prompts and instructions">
      {profiles.length > 1 && (
        <div class="filters">
          <Pick label="Profile" name="profile" options={profiles.map((name) => [name === 'default' ? '' : name, name])} />
        </div>
      )}
      <h2>Instructions</h2>
      <Loaded load={instructions} what="the instructions">
        {(all) =>
          all.parts.length === 0 ? (
            <p class="empty">No plugin gives instructions.</p>
          ) : (
            <>
              <p>{size(all)}</p>
              {all.parts.map((part) => (
                <section key={part.plugin} aria-label={`From ${part.plugin}`}>
                  <h3>
                    From {part.plugin} <small>{size(part)}</small>
                  </h3>
                  {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
                  <pre tabIndex={0}>{part.text}</pre>
                </section>
              ))}
            </>
          )
        }
      </Loaded>
      <h2>Prompts</h2>
      <Loaded load={prompts} what="the prompts">
        {({ items }) => (items.length === 0 ? <p class="empty">No plugin has prompts.</p> : <Prompts prompts={items} />)}
      </Loaded>
    </Screen>
  );
}

function Prompts({ prompts }: { prompts: readonly PromptRow[] }) {
  return (
    <table class="cards">
      <caption>Prompts</caption>
      <thead>
        <tr>
          <th scope="col">Prompt</th>
          <th scope="col">Plugin</th>
          <th scope="col">What for</th>
          <th scope="col">Arguments</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
      <tbody>
        {prompts.map((prompt) => (
          <tr key={prompt.name}>
            <th scope="row">{prompt.title || prompt.name}</th>
            <td data-label="Plugin">{prompt.plugin}</td>
            <td data-label="What for">{prompt.description || '–'}</td>
            <td data-label="Arguments">
              {prompt.arguments.map(({ name, required }) => `${name}${required ? ' *' : ''}`).join(', ') || 'none'}
            </td>
            <td data-label="Size">{size(prompt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
