import { computed, effect, signal } from '@preact/signals';

/** The colour scheme: the system's, or the one chosen here. */

const STORED = 'plugmux.theme';
export type Choice = 'system' | 'light' | 'dark';
const stored = localStorage.getItem(STORED);
export const chosen = signal<Choice>(stored === 'light' || stored === 'dark' ? stored : 'system');

const dark = matchMedia('(prefers-color-scheme: dark)');
const system = signal<'light' | 'dark'>(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => {
  system.value = dark.matches ? 'dark' : 'light';
});

export const scheme = computed(() => (chosen.value === 'system' ? system.value : chosen.value));

export function switchTheme(): void {
  chosen.value = chosen.value === 'system' ? 'light' : chosen.value === 'light' ? 'dark' : 'system';
  localStorage.setItem(STORED, chosen.value);
}

effect(() => {
  document.documentElement.dataset.theme = chosen.value;
});
