// The table of tested clients, made from the recorded data.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('README.md', import.meta.url);

const row = (cells) => `| ${cells.join(' | ')} |`;

/** One column per client; a cell names each transport if they differ. */
function tableOf(reports) {
  const clients = [...new Set(reports.map(({ client }) => client))];
  const rowsOf = (client) => reports.filter((one) => one.client === client && one.rows.length > 0);
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

/** Replaces one of the tables of README.md. */
export function writeTable(name, reports) {
  const text = readFileSync(FILE, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
  const [before, after] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))];
  writeFileSync(FILE, `${before}\n${tableOf(reports).join('\n')}\n\n${after}`);
}
