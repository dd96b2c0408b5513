import type { Card, CardState } from '../../api/types.ts';
import { everySecond } from '../data/clock.ts';
import { many, ordinal, roughly } from '../data/words.ts';

const LOOK: { readonly [state in CardState]: string } = {
  ready: 'good',
  starting: 'busy',
  restarting: 'busy',
  'needs-config': 'warn',
  failed: 'bad',
  disabled: 'off',
  withheld: 'warn',
};

export function stateWords(card: Card): string {
  const { run } = card;
  switch (card.state) {
    case 'needs-config':
      return card.needs.length > 0 ? `needs ${many(card.needs.length, 'setting')}` : 'needs settings';
    case 'restarting': {
      const next = run?.nextTry === undefined ? '' : `, next in ${roughly(Math.max(0, run.nextTry - everySecond.value))}`;
      return run ? `restarting (${ordinal(run.restarts)} time${next})` : 'restarting';
    }
    case 'disabled':
      return `off: ${card.offBy === 'administrator' ? 'an administrator' : card.offBy === 'profile' ? 'this profile' : 'mcp.json'}`;
    case 'withheld':
      return 'withheld: changed';
    default:
      return card.state;
  }
}

/** The state of a plugin: words, and a mark whose form differs too. */
export function StateWord({ card }: { card: Card }) {
  return (
    <span class="state">
      <i class={`mark ${LOOK[card.state]}`} aria-hidden="true" />
      {stateWords(card)}
    </span>
  );
}
