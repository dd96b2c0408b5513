// The table of tested clients, made from what was seen.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('README.md', import.meta.url);
const [BEGIN, END] = ['<!-- seen -->\n', '<!-- /seen -->\n'];

const row = (cells) => `| ${cells.join(' | ')} |`;

/** One column a client; where its transports differ, a cell names each. */
function tableOf(reports) {
  const clients = [...new Set(reports.map(({ agent }) => agent))];
  const rowsOf = (client) => reports.filter(({ agent, rows }) => agent === client && rows.length > 0);
  const keys = [...new Set(reports.flatMap(({ rows }) => rows.flatMap(Object.keys)))];
  const cell = (client, key) => {
    const values = rowsOf(client).map(({ transport, rows }) => [transport, rows.at(-1)[key] ?? '']);
    const different = new Set(values.map(([, value]) => value));
    return different.size < 2 ? ([...different][0] ?? '') : values.map(([transport, value]) => `${value} (${transport})`).join(', ');
  };
  return [
    row(['', ...clients.map(({ title, version }) => `${title} ${version}`)]),
    row(['---', ...clients.map(() => '---')]),
    row([
      'transports',
      ...clients.map((client) =>
        rowsOf(client)
          .map(({ transport }) => transport)
          .join(', '),
      ),
    ]),
    ...keys.map((key) => row([key, ...clients.map((client) => cell(client, key))])),
  ];
}

export function printTable(reports) {
  for (const line of tableOf(reports)) console.log(line);
}

export function writeTable(reports) {
  const text = readFileSync(FILE, 'utf8');
  const [before, after] = [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(END))];
  writeFileSync(FILE, `${before}\n${tableOf(reports).join('\n')}\n\n${after}`);
}
