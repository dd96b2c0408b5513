import { shortcutsOpen } from '../keys.ts';
import { Dialog } from './dialog.tsx';

const KEYS = [
  ['/', 'search'],
  ['g then o, p, t, c, a, l', 'go to overview, plugins, tools, calls, approvals, logs'],
  ['g then k, n, h, m', 'go to clients, connect, changes, map'],
  ['j, k', 'next row, previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close'],
  ['?', 'this list'],
] as const;

export function Shortcuts() {
  const close = () => {
    shortcutsOpen.value = false;
  };
  return (
    <Dialog title="Keys" close={close}>
      <dl class="facts">
        {KEYS.map(([keys, deed]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{deed}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
