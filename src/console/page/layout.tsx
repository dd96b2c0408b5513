import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { logout } from './api.ts';
import { toRefusal } from './data/load.ts';
import { approvals, mayChange, overview, plugins } from './data/store.ts';
import { atMinute } from './data/words.ts';
import { shortcutsOpen } from './keys.ts';
import { connection } from './live.ts';
import { Dialog } from './parts/dialog.tsx';
import { Shortcuts } from './parts/shortcuts.tsx';
import { Status, say } from './parts/status.tsx';
import { href, place } from './router.ts';
import { chosen, switchTheme } from './theme.ts';

const NAVIGATION: readonly (readonly [path: string, title: string, count?: () => number])[] = [
  ['', 'Overview'],
  ['plugins', 'Plugins', () => plugins.value.length],
  ['tools', 'Tools', () => plugins.value.reduce((sum, { tools }) => sum + tools, 0)],
  ['prompts', 'Prompts'],
  ['calls', 'Calls'],
  ['approvals', 'Approvals', () => approvals.value],
  ['logs', 'Logs'],
  ['clients', 'Clients', () => overview.value?.clients.length ?? 0],
  ['connect', 'Connect'],
  ['changes', 'Changes', () => overview.value?.changes ?? 0],
  ['map', 'Map'],
];

export function Layout({ children }: { children: ComponentChildren }) {
  const current = place.value.path[0] ?? '';
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        Skip to content
      </button>
      <Header />
      <div class="columns">
        <nav aria-label="Screens">
          <ul>
            {NAVIGATION.map(([path, title, count]) => (
              <li key={path}>
                <a href={href(path === '' ? [] : [path])} aria-current={current === path ? 'page' : undefined}>
                  {title}
                  {count && count() > 0 && <span class={`count${path === 'approvals' ? ' hot' : ''}`}> {count()}</span>}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="content" class={connection.value.state === 'offline' ? 'cut-off' : ''}>
          {connection.value.state === 'offline' && (
            <p class="notice warn">
              Live updates stopped at {atMinute(connection.value.since)}. What is shown may be old; connecting again.
            </p>
          )}
          {children}
        </main>
      </div>
      <Status />
      {shortcutsOpen.value && <Shortcuts />}
    </>
  );
}

function Header() {
  const [leaving, setLeaving] = useState(false);
  const { state } = connection.value;
  const words =
    connection.value.state === 'offline' ? `offline since ${atMinute(connection.value.since)}` : state === 'live' ? 'live' : 'connecting';
  const leave = (everywhere: boolean) => logout(everywhere).catch((error) => say(toRefusal(error).message));
  return (
    <header>
      <a class="brand" href={href([])}>
        plugmux <small>{overview.value?.version}</small>
      </a>
      <span class="state">
        <i class={`mark ${state === 'live' ? 'good' : state === 'offline' ? 'bad' : 'busy'}`} aria-hidden="true" />
        {words}
      </span>
      <span class="grow" />
      {mayChange.value && (
        <a class={approvals.value > 0 ? 'bell hot' : 'bell'} href={href(['approvals'])}>
          Approvals ({approvals.value})
        </a>
      )}
      <button type="button" class="quiet" onClick={switchTheme} title="Colours: system, light, dark">
        Colours: {chosen.value}
      </button>
      <button type="button" class="quiet" onClick={() => setLeaving(true)}>
        {overview.value?.me.who ?? 'Log out'}
      </button>
      {leaving && (
        <Dialog title="Log out" close={() => setLeaving(false)}>
          <p>
            You are <strong>{overview.value?.me.who}</strong> and may {mayChange.value ? 'look and change' : 'look, not change'}.
          </p>
          <div class="buttons">
            <button type="button" onClick={() => setLeaving(false)}>
              Cancel
            </button>
            <button type="button" onClick={() => leave(true)}>
              Log out everywhere
            </button>
            <button type="button" class="primary" onClick={() => leave(false)}>
              Log out here
            </button>
          </div>
        </Dialog>
      )}
    </header>
  );
}
