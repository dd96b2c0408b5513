import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { key, type Refusal } from '../api.ts';
import type { Load } from '../data/load.ts';
import { Ago } from './ago.tsx';
import { Words } from './words.tsx';

/** Shown only if loading takes longer than a glance. */
function Skeleton() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return late ? (
    <div class="skeleton" role="status">
      <p>Loading…</p>
      <i />
      <i />
      <i />
    </div>
  ) : null;
}

/** What happened, what to do, and the code in small type. */
export function Failure({ error, what, retry }: { error: Refusal; what?: string; retry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>
        {what && <strong>{what} </strong>}
        {error.code === 'FORBIDDEN' && key.value !== undefined ? 'Your key may look, not change.' : <Words text={error.message} />}{' '}
        {/* The general advice for a wrong address is of no use within the page. */}
        {error.fix && error.code !== 'NOT_FOUND' && <Words text={error.fix} />}
      </p>
      <p class="small">
        {error.code}
        {error.ref && ` · ref ${error.ref}`}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The four states of data: on its way, failed, stale (greyed, with its age), and there. */
export function Loaded<T>({ load, what, children }: { load: Load<T>; what: string; children: (data: T) => ComponentChildren }) {
  const { data, error, at } = load;
  if (data === undefined) return error ? <Failure error={error} what={`Could not load ${what}.`} retry={load.reload} /> : <Skeleton />;
  return (
    <>
      {error && (
        <div>
          <Failure error={error} what={`Could not load ${what} again.`} retry={load.reload} />
          <p class="small">
            What follows is <Ago at={at ?? 0} suffix=" old" />.
          </p>
        </div>
      )}
      {/* The same element in both states, so that what is typed into it stays. */}
      <div key="data" class={error ? 'stale' : undefined}>
        {children(data)}
      </div>
    </>
  );
}
