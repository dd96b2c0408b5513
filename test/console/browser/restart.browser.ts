import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { connectClient, writeGarden } from './support/garden.ts';

const rows = (page: Page, table: string) => page.getByRole('table', { name: table, exact: true }).locator('tbody tr');

describe.skipIf(skipped)('a page that stays open', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    writeGarden(`${dir}/garden`, { settings: [{ name: 'soil', label: 'Soil', type: 'string', default: 'loam' }] });
    return writeConfig({ plugins: { garden: { path: './garden' } } }, [], dir);
  });
  const isLive = (page: Page) => page.locator('header').getByText('live', { exact: true }).waitFor();
  const isOffline = (page: Page) =>
    page
      .locator('header')
      .getByText(/^offline since/)
      .waitFor();
  const callOf = async (name: string) => {
    const client = await connectClient(at.gateway().url, name);
    return {
      client,
      call: (tool: string, args: Record<string, unknown> = {}) => client.callTool({ name: `garden_${tool}`, arguments: args }),
    };
  };

  it('connects again after a restart of the gateway, and shows each row once', async () => {
    const [one, two] = [await at.open(), await at.open()];
    for (const { page } of [one, two]) await logIn(page, at.link());
    await goTo(two.page, 'calls');
    await two.page.getByText(/No call since/).waitFor();
    const before = await callOf('before');
    await before.call('echo', { text: 'one' });
    await before.call('fail');
    await before.call('fail');
    await expect.poll(() => rows(one.page, 'Last failed calls').count()).toBe(2);
    await expect.poll(() => rows(two.page, 'Calls').count()).toBe(3);

    await at.gateway().stop();
    for (const { page } of [one, two]) {
      await isOffline(page);
      await page.getByText('Live updates stopped at').waitFor();
    }
    expect(await rows(one.page, 'Plugins').count()).toBe(1);
    await at.restart();
    for (const { page } of [one, two]) await isLive(page);
    // The new gateway counts its calls from 1 again: its first is not the first of the other one.
    const after = await callOf('after');
    await after.call('fail');
    await after.call('echo', { text: 'two' });
    await expect.poll(() => rows(one.page, 'Last failed calls').filter({ hasText: 'after' }).count()).toBe(1);
    await expect.poll(() => rows(two.page, 'Calls').filter({ hasText: 'after' }).count()).toBe(2);
    await expect.poll(() => rows(one.page, 'Connected clients').filter({ hasText: 'after' }).count()).toBe(1);
    expect(await rows(one.page, 'Plugins').count()).toBe(1);
    for (const { page } of [one, two]) {
      const texts = await page.locator('table[class="cards"] tbody tr').allTextContents();
      expect(new Set(texts).size).toBe(texts.length);
      expect(await page.getByText('Live updates stopped at').count()).toBe(0);
    }
    // What the first gateway did is in the audit log, and its row leads to that call.
    await two.page.getByRole('button', { name: 'Load older calls' }).click();
    await expect.poll(() => rows(two.page, 'Calls').filter({ hasText: 'before' }).count()).toBe(3);
    await rows(two.page, 'Calls').filter({ hasText: 'garden_echo' }).filter({ hasText: 'before' }).getByRole('link').click();
    await two.page.getByRole('heading', { level: 1, name: 'garden › garden_echo' }).waitFor();
    await two.page.locator('dd').getByText('before', { exact: true }).waitFor();
    await two.page.reload();
    await two.page.locator('dd').getByText('before', { exact: true }).waitFor();
    expect([...one.faults, ...two.faults]).toEqual([]);
    await after.client.close();
    for (const { context } of [one, two]) await context.close();
  });

  it('keeps what is typed over a restart, and sends it then', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await goTo(page, 'plugins/garden/settings');
    await page.getByLabel('Soil').fill('clay');
    await at.gateway().stop();
    await isOffline(page);
    await page.getByRole('button', { name: 'Save and restart Garden' }).click();
    await page.getByRole('alert').getByText('The gateway cannot be reached.').waitFor();
    await at.restart();
    await isLive(page);
    expect(await page.getByLabel('Soil').inputValue()).toBe('clay');
    await page.getByRole('button', { name: 'Save and restart Garden' }).click();
    await page.getByText('Garden runs with it.').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it('follows a change of mcp.json, and of nothing that is being typed', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await isLive(page);
    await goTo(page, 'tools/garden_echo');
    await page.getByLabel('text').fill('half a sentence');
    writeGarden(at.file().replace('mcp.json', 'orchard'), { id: 'orchard', name: 'Orchard' });
    const config = JSON.parse(readFileSync(at.file(), 'utf8')) as { plugins: object };
    writeFileSync(
      at.file(),
      JSON.stringify({ ...config, plugins: { ...config.plugins, orchard: { path: './orchard' } }, profiles: { reader: {} } }),
    );
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Plugins 2' }).waitFor();
    expect(await page.getByLabel('text').inputValue()).toBe('half a sentence');
    await goTo(page, 'connect');
    await page.getByRole('combobox', { name: 'Profile' }).selectOption('reader');
    await goTo(page, 'plugins');
    await expect.poll(() => rows(page, 'Plugins').filter({ hasText: 'ready' }).count()).toBe(2);
    writeFileSync(at.file(), JSON.stringify(config));
    await expect.poll(() => rows(page, 'Plugins').count()).toBe(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('shows that the file was rejected until one is applied', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await isLive(page);
    const good = readFileSync(at.file(), 'utf8');
    const notice = page.getByRole('list', { name: 'What needs attention' }).getByText(/configuration not reloaded/);
    writeFileSync(at.file(), '{ "plugins": { "garden": { "path": 7 } } }');
    await notice.waitFor();
    await page.reload();
    await notice.waitFor();
    writeFileSync(at.file(), good);
    await notice.waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await context.close();
  });
});
