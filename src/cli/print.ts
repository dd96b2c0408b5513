import { toJsonText } from '../core/json/exact-number.ts';
import { escapeForTerminal, escapeJsonForTerminal } from '../core/text/text.ts';
import { wellFormedJson } from '../core/text/well-formed.ts';
import { ownRedactor } from './redactor.ts';

/** Writes data to stdout as JSON if requested, else as text. Escapes hidden characters, so they cannot act on a terminal. */
export function print(data: unknown, json: boolean | undefined, text: () => string): void {
  process.stdout.write(
    json ? `${escapeJsonForTerminal(wellFormedJson(toJsonText(data, undefined, 2)))}\n` : `${escapeForTerminal(text())}\n`,
  );
}

/** The same with secrets masked, for everything except tool results. */
export function printMasked(data: unknown, json: boolean | undefined, text: () => string): void {
  print(json ? ownRedactor.value(data) : data, json, () => ownRedactor.text(text()));
}

/** Rows as aligned columns; the last column is not padded. */
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

/** Shows what the command is waiting for, on a terminal only. Returns a function that removes the line. */
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
