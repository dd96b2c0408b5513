import type { VNode } from 'preact';
import { Missing } from './screens/missing.tsx';
import { OverviewScreen } from './screens/overview.tsx';

type Show = (...parts: readonly string[]) => VNode;

/** The screens by address; `:` stands for any part. */
const SCREENS: readonly (readonly [pattern: string, show: Show])[] = [['', () => <OverviewScreen />]];

export function screenAt(path: readonly string[]): VNode {
  for (const [pattern, show] of SCREENS) {
    const parts = pattern === '' ? [] : pattern.split('/');
    if (parts.length !== path.length || !parts.every((part, i) => part === ':' || part === path[i])) continue;
    return show(...path.filter((_, i) => parts[i] === ':'));
  }
  return <Missing />;
}
