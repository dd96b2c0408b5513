import { effect } from '@preact/signals';
import type { Waiting } from '../../api/tool-types.ts';
import type { Page } from '../../api/types.ts';
import { ask } from '../api.ts';
import { want } from '../live.ts';
import { plain } from './hidden.ts';
import { loadedAt, mayChange, overview, resyncs, waiting } from './store.ts';

/** Calls that wait are known on every screen: the header counts them, and notices tell of new ones. */
export function watchWaiting(): void {
  let leave: (() => void) | undefined;
  effect(() => {
    leave?.();
    leave = mayChange.value ? want('approvals') : undefined;
  });
  effect(() => {
    resyncs.value;
    if (!mayChange.value || loadedAt.value === 0) return;
    // One request less on most visits.
    if (overview.peek()?.approvals === 0) waiting.value = [];
    else void loadWaiting();
  });
  let known = new Set<string>();
  effect(() => {
    const entries = waiting.value ?? [];
    for (const entry of entries) if (!known.has(entry.id)) notify(entry);
    known = new Set(entries.map(({ id }) => id));
  });
}

/** Fetches what waits, after an answer was not taken. */
export async function loadWaiting(): Promise<void> {
  try {
    const { items } = await ask<Page<Waiting>>('GET', 'approvals');
    waiting.value = items;
  } catch {
    // The count of the overview stays, and the live channel sends what comes.
  }
}

function notify({ id, client, plugin, tool }: Waiting): void {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
  const notice = new Notification('A call waits for your answer', { body: plain(`${client}: ${plugin} › ${tool}`), tag: id });
  notice.onclick = () => {
    focus();
    location.hash = '#/approvals';
  };
}
