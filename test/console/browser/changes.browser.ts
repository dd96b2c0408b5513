import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { tool, withServer } from '../../support/lock.ts';
import { until } from '../../support/processes.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';

const schema = (properties: object, required: readonly string[] = []) => ({ type: 'object', properties, required });
const text = { type: 'string' };

describe.skipIf(skipped)('a tool that differs from the lock file', () => {
  const atEnd = endsAfterAll();
  let server: ReturnType<typeof withServer>;
  const at = withConsole(() => {
    const before = tool('send', 'Sends one letter to one person.', { inputSchema: schema({ to: text }, ['to']) });
    server = withServer({ tools: [before, tool('stays')] }, tempFolder(atEnd));
    return server.config;
  });

  it('is withheld, compared by words and properties, and served once it is accepted', async () => {
    await server.plugmux('lock');
    const locked = readFileSync(server.lockFile, 'utf8');
    const client = await connect('v1', at.gateway().at('http'));
    const { key } = await login(at.gateway(), { code: makeCode(at.file()) });
    await until('the lock file is read', async () => (await ask(at.gateway(), '/changes', { key })).body.lockFile !== undefined);
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await goTo(page, 'changes');
    await page.getByText(/Nothing has changed since/).waitFor();

    const changed = (words: string) =>
      tool('send', `Sends one letter to ${words}.`, {
        inputSchema: schema({ to: text, copy: text }, ['to', 'copy']),
        annotations: { destructiveHint: true },
      });
    server.offer({ tools: [changed('everybody at once'), tool('stays'), tool('fresh')] });
    // Without a reload: the screen, the header and the overview follow.
    const one = page.getByRole('article', { name: 'send' });
    await one.waitFor();
    expect((await one.locator('del').allTextContents()).join(' ')).toContain('person');
    expect((await one.locator('ins').allTextContents()).join(' ')).toContain('everybody');
    await one.getByText(/copy/).first().waitFor();
    await one.getByText('withheld until you accept it').waitFor();
    await page.getByRole('article', { name: 'fresh' }).getByText('new').waitFor();
    await page.getByRole('link', { name: 'Changes 2' }).waitFor();
    await goTo(page, '');
    await page.getByText('2 tools differ from the lock file').waitFor();
    await goTo(page, 'tools/send');
    await page.getByText(/withheld: changed/).waitFor();
    expect(await client.list()).toEqual(['stays']);
    await expect(client.call('send', { to: 'boss' }).then((result) => JSON.stringify(result))).resolves.toContain('TOOL_WITHHELD');

    // It changes once more between the look and the click: what was not seen is not accepted.
    await goTo(page, 'changes');
    await one.waitFor();
    await page.route('**/changes/accept', async (route) => {
      server.offer({ tools: [changed('the whole world'), tool('stays'), tool('fresh')] });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue();
    });
    await page.getByRole('button', { name: 'Accept send' }).click();
    await page.getByText('It looks different again: look once more.').waitFor();
    await page.unroute('**/changes/accept');
    expect(await client.list()).toEqual(['stays']);
    await one.getByText('whole world').waitFor();
    await page.getByRole('button', { name: 'Accept send' }).click();
    await page.getByRole('heading', { name: 'Accepted here' }).waitFor();
    await page.getByText(/up › send \(changed\) by (console:)?local/).waitFor();
    await until('it is served', async () => (await client.list()).includes('send'));
    expect((await client.call('send', { to: 'boss', copy: 'me' })).content[0]?.text).toBe('send ran');
    expect(await client.list()).not.toContain('fresh');
    // The file is the truth: the console leaves it alone, and the command writes what was accepted.
    expect(readFileSync(server.lockFile, 'utf8')).toBe(locked);
    await server.plugmux('lock', '--accept', 'send');
    expect(readFileSync(server.lockFile, 'utf8')).toContain('the whole world');
    expect(faults).toEqual([]);
    await context.close();
  });
});
