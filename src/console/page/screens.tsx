import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { Screen } from './parts/screen.tsx';
import { place } from './router.ts';
import { Missing } from './screens/missing.tsx';
import { OverviewScreen } from './screens/overview.tsx';

const more = signal<typeof import('./screens/more.tsx').MORE | undefined>(undefined);
const failed = signal(false);
let loading = false;

/** The screen of the address. */
export function CurrentScreen(): VNode | null {
  const { path } = place.value;
  if (path.length === 0) return <OverviewScreen />;
  if (failed.value) return <NotLoaded />;
  if (!more.value) {
    load();
    return null;
  }
  for (const [pattern, show] of more.value) {
    const parts = pattern.split('/');
    if (parts.length !== path.length || !parts.every((part, i) => part === ':' || part === path[i])) continue;
    return show(path.find((_, i) => parts[i] === ':') ?? '');
  }
  return <Missing />;
}

function load(): void {
  if (loading) return;
  loading = true;
  import('./screens/more.tsx').then(
    ({ MORE }) => {
      more.value = MORE;
    },
    () => {
      failed.value = true;
    },
  );
}

/** The gateway is away, or it has another version by now. */
function NotLoaded() {
  return (
    <Screen title="The screens could not be loaded">
      <p>The gateway cannot be reached, or it was updated.</p>
      <button type="button" class="primary" onClick={() => location.reload()}>
        Try again
      </button>
    </Screen>
  );
}
