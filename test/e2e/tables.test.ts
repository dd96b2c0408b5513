import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { connect, type TestClient } from '../support/clients.ts';
import { BIN } from '../support/gateway.ts';
import { writeFiles } from '../support/jaato.ts';
import { describeWithPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

const TABLES = fileURLToPath(new URL('../../plugins/tables', import.meta.url));

async function open(files: Readonly<Record<string, string>>): Promise<{ client: TestClient; dir: string }> {
  const dir = tempFolder();
  writeFiles(dir, files);
  const config = { plugins: { tables: { path: TABLES, settings: { root: './data' } } } };
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify(config));
  const client = await connect('v1', { command: process.execPath, args: [BIN, 'stdio', '--config', join(dir, 'mcp.json')] });
  return { client, dir };
}

const PARTS = 'name,qty,price,code\nbolt,10,0.5,007\nnut,20,0.25,008\n"big, nut",,1e2,\n';

describeWithPython('the plugin tables', () => {
  it('answers questions about CSV files in SQL', async () => {
    const { client, dir } = await open({ 'data/parts.csv': PARTS, 'data/more stock.tsv': 'a\tb\n1\tx\n' });
    expect(await client.list()).toEqual(['tables_list', 'tables_describe', 'tables_query']);
    const call = async (name: string, args: object = {}) => (await client.call(name, args)).structuredContent;
    expect(await call('tables_list')).toEqual({
      tables: [
        { name: 'more stock', file: 'more stock.tsv', rows: 1 },
        { name: 'parts', file: 'parts.csv', rows: 3 },
      ],
    });
    expect(await call('tables_describe', { table: 'parts' })).toMatchObject({
      columns: [
        { name: 'name', type: 'TEXT' },
        { name: 'qty', type: 'INTEGER' },
        { name: 'price', type: 'REAL' },
        { name: 'code', type: 'TEXT' },
      ],
    });
    const sql = 'SELECT sum(qty * price) AS worth, (SELECT b FROM "more stock") AS b FROM parts';
    expect(await call('tables_query', { sql })).toEqual({ columns: ['worth', 'b'], rows: [[10, 'x']], more: false });
    writeFileSync(join(dir, 'data/parts.csv'), 'name\nonly one\n');
    expect(await call('tables_query', { sql: 'SELECT name FROM parts' })).toMatchObject({ rows: [['only one']] });
  });

  it.each(['DELETE FROM parts', "ATTACH 'x.db' AS x", 'PRAGMA user_version = 1', 'SELECT 1; SELECT 2', 'SELECT * FROM nowhere'])(
    'rejects anything but reading: %s',
    async (sql) => {
      const { client } = await open({ 'data/parts.csv': PARTS });
      const result = await client.call('tables_query', { sql });
      expect(result.isError).toBe(true);
      expect(result.structuredContent).toMatchObject({ hint: 'The tables are: parts.' });
      expect((await client.call('tables_list')).structuredContent).toMatchObject({ tables: [{ rows: 3 }] });
    },
  );

  it('offers a command as a prompt, and instructions', async () => {
    const { client } = await open({ 'data/parts.csv': PARTS });
    const raw = client.raw as unknown as {
      getInstructions(): string | undefined;
      getPrompt(params: object): Promise<{ messages: { content: { text?: string } }[] }>;
      complete(params: object): Promise<{ completion: { values: string[] } }>;
    };
    await client.list();
    const ref = { type: 'ref/prompt', name: 'table' };
    expect((await raw.complete({ ref, argument: { name: 'name', value: 'p' } })).completion.values).toEqual(['parts']);
    const { messages } = await raw.getPrompt({ name: 'table', arguments: { name: 'parts', rows: '1' } });
    expect(JSON.parse(messages[0]?.content.text ?? '')).toEqual({
      table: 'parts',
      rows: [{ name: 'bolt', qty: 10, price: 0.5, code: '007' }],
    });
    const whole = await raw.getPrompt({ name: 'tables_instructions' });
    expect(whole.messages[0]?.content.text).toContain('Call tables_list first');
  });
});
