import { signal } from '@preact/signals';

/** One line at the foot that says what an action did; read out once. */
const line = signal('');
let timer: number | undefined;

export function say(text: string): void {
  clearTimeout(timer);
  line.value = text;
  timer = setTimeout(() => {
    line.value = '';
  }, 6000);
}

export function Status() {
  return (
    <div class={line.value === '' ? 'status' : 'status shown'} role="status">
      {line.value}
    </div>
  );
}
