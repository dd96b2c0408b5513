import { useEffect, useRef, useState } from 'preact/hooks';
import { loggedOut, login, type Refusal } from './api.ts';
import { toRefusal } from './data/load.ts';
import { Failure } from './parts/loaded.tsx';

/** All that is shown without a key. */
export function LoginScreen({ refused }: { refused: Refusal | undefined }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState(refused);
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = 'Log in – plugmux';
    heading.current?.focus();
  }, []);

  const submit = (event: Event) => {
    event.preventDefault();
    if (token === '' || busy) return;
    setBusy(true);
    login({ token })
      .catch((failed) => setError(toRefusal(failed)))
      .finally(() => setBusy(false));
  };
  return (
    <main class="login" id="content">
      <h1 ref={heading} tabIndex={-1}>
        Log in to plugmux
      </h1>
      {error ? <Failure error={error} /> : loggedOut.value && <p class="notice">{loggedOut.value}</p>}
      <p>
        Open the link that <code>plugmux serve</code> prints in a terminal. <code>plugmux console</code> makes another one.
      </p>
      <form onSubmit={submit}>
        <label for="token">Or use a token of mcp.json, with the scope “observe” or “admin”</label>
        <div class="joined">
          <input
            id="token"
            type="password"
            autocomplete="current-password"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={busy || token === ''}>
            Log in
          </button>
        </div>
      </form>
    </main>
  );
}
