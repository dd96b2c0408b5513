import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { connectClient, writeGarden } from './support/garden.ts';

const rowsOf = (page: Page) => page.getByRole('table', { name: 'Calls', exact: true }).locator('tbody tr');

describe.skipIf(skipped)('calls, as they happen', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    for (const id of ['garden', 'orchard']) writeGarden(`${dir}/${id}`, { id, name: id === 'garden' ? 'Garden' : 'Orchard' });
    return writeConfig({ plugins: { garden: { path: './garden' }, orchard: { path: './orchard' } } }, [], dir);
  });
  const openCalls = async (name = 'claude-code') => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, 'calls');
    await opened.page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
    const client = await connectClient(at.gateway().url, name);
    const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args });
    return { ...opened, client, call };
  };

  it('are filtered by the address; Back takes filters off again; a sent link shows the same', async () => {
    const { page, context, faults, client, call } = await openCalls();
    const other = await connectClient(at.gateway().url, 'cursor');
    await call('garden_echo', { text: 'one' });
    await call('garden_fail');
    await call('garden_wait', { ms: 150 });
    await call('orchard_echo', { text: 'two' });
    await other.callTool({ name: 'orchard_fail', arguments: {} });
    const rows = rowsOf(page);
    await expect.poll(() => rows.count()).toBe(5);
    expect(await rows.first().textContent()).toMatch(/cursor.*orchard › orchard_fail.*the tool failed/);

    await page.getByRole('combobox', { name: 'Plugin', exact: true }).selectOption('garden');
    await expect.poll(() => rows.count()).toBe(3);
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('error');
    await expect.poll(() => rows.count()).toBe(1);
    expect(new URL(page.url()).hash).toBe('#/calls?plugin=garden&outcome=error');
    await call('garden_fail');
    await expect.poll(() => rows.count()).toBe(2);
    await call('garden_echo', { text: 'not shown' });

    await page.goBack();
    await expect.poll(() => rows.count()).toBe(5);
    expect(await page.getByRole('combobox', { name: 'Outcome' }).inputValue()).toBe('');
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(7);
    await page.goForward();
    await expect.poll(() => rows.count()).toBe(5);

    await goTo(page, 'calls?longer=100');
    await expect.poll(() => rows.count()).toBe(1);
    await goTo(page, 'calls?client=CURS');
    await expect.poll(() => rows.count()).toBe(1);
    await goTo(page, 'calls?tool=orchard');
    await expect.poll(() => rows.count()).toBe(2);
    await goTo(page, 'calls?tool=nothing');
    await page.getByRole('link', { name: 'Show all calls' }).click();
    await expect.poll(() => rows.count()).toBe(7);

    const sent = await at.openPage(context);
    await sent.page.goto(`${at.address()}#/calls?plugin=orchard&outcome=error`);
    await expect.poll(() => rowsOf(sent.page).count()).toBe(1);
    expect([...faults, ...sent.faults]).toEqual([]);
    await Promise.all([client.close(), other.close()]);
    await context.close();
  });

  it('stand still while paused, and none is lost in the count', async () => {
    const { page, context, client, call } = await openCalls('patient');
    const rows = rowsOf(page);
    await call('garden_echo', { text: 'before' });
    await page.getByRole('row', { name: /patient/ }).waitFor();
    const before = await rows.count();
    await page.getByRole('button', { name: 'Pause' }).click();
    // More than one message of the live channel takes.
    for (let i = 0; i < 12; i++) await Promise.all(Array.from({ length: 25 }, () => call('garden_echo', { text: 'x' })));
    await page.getByText('Paused; 300 new calls since.').waitFor();
    expect(await rows.count()).toBe(before);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => rows.count(), { timeout: 5_000 }).toBe(before + 300);
    await page.getByText(`${before + 300} shown, newest first.`).waitFor();
    await client.close();
    await context.close();
  });

  it('that too many came at once to be sent are fetched, after a pause when it ends', async () => {
    const { page, context, client, call } = await openCalls('hasty');
    await call('garden_echo', { text: 'before' });
    await page.getByRole('row', { name: /hasty/ }).waitFor();
    let isHasty = false;
    // What the gateway does with more than 200 calls in a quarter of a second, which a slow machine never gets.
    await page.routeWebSocket(/./, (socket) => {
      socket.connectToServer().onMessage((text) => {
        const messages = JSON.parse(String(text)) as { readonly type: string }[];
        const others = messages.filter(({ type }) => !isHasty || type !== 'call');
        const n = messages.length - others.length;
        socket.send(JSON.stringify([...others, ...(n > 0 ? [{ type: 'calls.skipped', n }] : [])]));
      });
    });
    await goTo(page, 'calls?client=hasty');
    await page.reload();
    const rows = rowsOf(page);
    await expect.poll(() => rows.count()).toBe(1);
    isHasty = true;
    for (let i = 0; i < 3; i++) await call('garden_echo', { text: 'x' });
    await expect.poll(() => rows.count(), { timeout: 5_000 }).toBe(4);
    await page.getByRole('button', { name: 'Pause' }).click();
    for (let i = 0; i < 4; i++) await call('garden_echo', { text: 'x' });
    await page.getByText('Paused; at least 0 new calls match of 4 since.').waitFor();
    expect(await rows.count()).toBe(4);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => rows.count(), { timeout: 5_000 }).toBe(8);
    await client.close();
    await context.close();
  });

  it('are 500 rows at most', async () => {
    const { page, context, client, call } = await openCalls('busy');
    for (let i = 0; i < 24; i++) await Promise.all(Array.from({ length: 25 }, () => call('garden_echo', { text: 'x' })));
    await page.getByText('500 shown, newest first.').waitFor();
    expect(await rowsOf(page).count()).toBe(500);
    await client.close();
    await context.close();
  });

  it('are counted by the filters while paused, which may change meanwhile', async () => {
    const { page, context, client, call } = await openCalls('choosy');
    await call('garden_echo', { text: 'before' });
    await page.getByRole('row', { name: /choosy/ }).waitFor();
    await goTo(page, 'calls?client=choosy&tool=garden');
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await call('garden_echo', { text: 'one' });
    await call('garden_fail');
    for (let i = 0; i < 3; i++) await call('orchard_echo', { text: 'other' });
    await page.getByText('Paused; 2 new calls match since.').waitFor();
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('error');
    await page.getByText('Paused; 1 new call matches since.').waitFor();
    await goTo(page, 'calls?client=choosy');
    await page.getByText('Paused; 5 new calls match since.').waitFor();
    expect(await rowsOf(page).count()).toBe(1);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => rowsOf(page).count()).toBe(6);
    await client.close();
    await context.close();
  });
});

describe.skipIf(skipped)('the log of a plugin', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    // The log has a name of its own.
    writeGarden(`${dir}/garden`, { logName: 'garden-log' });
    return writeConfig({ plugins: { garden: { path: './garden' } } }, [], dir);
  });

  it('is followed until one scrolls up, and searched', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    const client = await connectClient(at.gateway().url);
    const log = (text: string, times: number) => client.callTool({ name: 'garden_log', arguments: { text, times } });
    await log('sown', 60);
    await goTo(page, 'plugins/garden');
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    const box = page.getByRole('log');
    const lines = box.locator('.line');
    await expect.poll(() => lines.count()).toBeGreaterThanOrEqual(60);
    const isAtEnd = () => box.evaluate((at) => at.scrollTop + at.clientHeight >= at.scrollHeight - 8);
    await expect.poll(isAtEnd).toBe(true);
    await log('grown', 5);
    await box.getByText(/^grown 5 /).waitFor();
    await expect.poll(isAtEnd).toBe(true);

    await box.evaluate((at) => at.scrollTo(0, 0));
    await page.getByText('Not following; 0 new lines.').waitFor();
    await log('reaped', 7);
    await page.getByText('Not following; 7 new lines.').waitFor();
    expect(await box.evaluate((at) => at.scrollTop)).toBe(0);
    await page.getByRole('button', { name: 'Follow' }).click();
    await expect.poll(isAtEnd).toBe(true);
    await page.getByText(/^Following\./).waitFor();

    await page.getByLabel('Search').fill('REAPED');
    await expect.poll(() => lines.count()).toBe(7);
    await log('reaped', 1);
    await expect.poll(() => lines.count()).toBe(8);
    await page.getByLabel('Search').fill('nothing like this');
    await page.getByText('No line matches.').waitFor();
    await page.getByLabel('Search').fill('sown');
    await page.getByLabel('Level').selectOption('warn');
    await expect.poll(() => lines.count()).toBe(6);
    expect(new URL(page.url()).hash).toContain('q=sown&level=warn');
    expect(faults).toEqual([]);
    await client.close();
    await context.close();
  });
});
