import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { key, login, type Refusal } from './api.ts';
import { toRefusal } from './data/load.ts';
import { loadOverview, overview, overviewError } from './data/store.ts';
import { watchWaiting } from './data/waiting.ts';
import { startKeys } from './keys.ts';
import { Layout } from './layout.tsx';
import { startLive } from './live.ts';
import { LoginScreen } from './login-screen.tsx';
import { Failure, Loaded } from './parts/loaded.tsx';
import { resetPlace } from './router.ts';
import { CurrentScreen } from './screens.tsx';
import './escape.ts';
import './theme.ts';

const refused = signal<Refusal | undefined>(undefined);

function App() {
  if (key.value === undefined) return <LoginScreen refused={refused.value} />;
  if (overview.value === undefined)
    return (
      <Layout>
        <Loaded
          load={{ data: undefined, error: overviewError.value, at: undefined, reload: loadOverview, set: () => {} }}
          what="the overview"
        >
          {() => null}
        </Loaded>
      </Layout>
    );
  return (
    <Layout>
      {overviewError.value && <Failure error={overviewError.value} what="Could not load the overview again." retry={loadOverview} />}
      <CurrentScreen />
    </Layout>
  );
}

/** The code of a login link, which leaves the address at once. */
function takeCode(): string | undefined {
  const code = /^#login=(.+)$/.exec(location.hash)?.[1];
  if (code !== undefined) resetPlace();
  return code;
}

async function start(): Promise<void> {
  const code = takeCode();
  if (code !== undefined) {
    // A browser that is logged in keeps its key if the link was used.
    await login({ code }).catch((error) => {
      refused.value = toRefusal(error);
    });
  }
  effect(() => {
    const current = key.value;
    overview.value = undefined;
    overviewError.value = undefined;
    if (current !== undefined) void loadOverview();
  });
  startKeys();
  render(<App />, document.body);
  startLive();
  watchWaiting();
}

addEventListener('hashchange', () => {
  if (location.hash.startsWith('#login=')) location.reload();
});
void start();
