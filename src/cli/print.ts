import { toJsonText } from '../core/json/exact-number.ts';
import { escapeForTerminal, escapeJsonForTerminal } from '../core/text/text.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';
import { ownRedactor } from './redactor.ts';

/** Writes data to stdout: JSON where asked for, else text. Hidden characters of neither act on a terminal. */
export function print(data: unknown, json: boolean | undefined, text: () => string): void {
  process.stdout.write(
    json ? `${escapeJsonForTerminal(wellFormedJson(toJsonText(data, undefined, 2)))}\n` : `${escapeForTerminal(text())}\n`,
  );
}

/** The same without secrets, for everything but what tools return. */
export function printMasked(data: unknown, json: boolean | undefined, text: () => string): void {
  print(json ? ownRedactor.value(data) : data, json, () => ownRedactor.text(text()));
}

/** Rows as aligned columns; the last column is left as long as it is. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A line that says what is being waited for, on a terminal only. Returns how to take it away. */
export function showProgress(text: string): () => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  const started = performance.now();
  const draw = (): void => void process.stderr.write(`\r\u001b[K${text} (${Math.round((performance.now() - started) / 1000)} s)`);
  draw();
  const timer = setInterval(draw, 1000);
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001b[K');
  };
}
