import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { writeStage } from './support/stage.ts';

describe.skipIf(skipped)('connecting a client', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeStage(tempFolder(atEnd), { profiles: { reader: { tools: ['stage_settings'] } } }));

  const openConnect = async (query = '') => {
    const opened = await at.open();
    await opened.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await logIn(opened.page, at.link());
    await goTo(opened.page, `connect${query}`);
    await opened.page.getByText(/Waiting for the first request of/).waitFor();
    return opened;
  };
  /** The address in what the page copies. */
  const copied = async (page: Page): Promise<URL> => {
    await page.getByRole('button', { name: 'Copy', exact: true }).first().click();
    await page.getByText('Copied').waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toBe(await page.locator('main pre').first().textContent());
    return new URL(/http:\/\/[^\s"']+/.exec(text)?.[0] ?? '');
  };
  const connect = async (name: string, to = new URL(at.gateway().url), mode: 'legacy' | 'auto' = 'legacy') => {
    const client = new Client({ name, version: '2.1' }, { versionNegotiation: { mode } });
    onTestFinished(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(to));
    return client;
  };
  const green = (page: Page) => page.locator('main .notice.good');

  it.each(['legacy', 'auto'] as const)('turns green when this kind of client comes by the copied line, %s', async (mode) => {
    // A client of this kind that was there before goes on listing.
    const before = await connect('claude-code', undefined, mode);
    await before.listTools();
    const { page, context, faults } = await openConnect('?client=claude-code');
    const url = await copied(page);
    await before.listTools();
    await before.callTool({ name: 'stage_settings', arguments: {} });

    const other = await connect('cursor-vscode', url, mode);
    await other.listTools();
    await page.getByText(/Another client has connected meanwhile: cursor-vscode 2\.1/).waitFor();
    expect(await green(page).count()).toBe(0);

    const client = await connect('claude-code', url, mode);
    if (mode === 'legacy') {
      await page.waitForTimeout(600);
      expect(await green(page).count()).toBe(0);
    }
    await client.listTools();
    await green(page).waitFor();
    expect(await green(page).textContent()).toMatch(/^Connected\. claude-code 2\.1 has fetched the list of tools/);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('takes a client whose name says nothing, and shows the name as text', async () => {
    const { page, context, faults } = await openConnect('?client=zed');
    const client = await connect('<img src=x onerror="alert(1)">\u202egnp.exe');
    await client.listTools();
    await green(page).waitFor();
    expect(await green(page).textContent()).toContain('<img src=x onerror="alert(1)">');
    expect(await green(page).textContent()).toContain('\\u202egnp.exe');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('waits for the profile that was chosen', async () => {
    const { page, context } = await openConnect('?client=zed');
    await page.getByLabel('Profile').selectOption('reader');
    await page.locator('main pre', { hasText: '/mcp/reader' }).waitFor();
    await page.getByText(/Waiting for the first request of Zed/).waitFor();
    const url = await copied(page);
    const elsewhere = await connect('Zed');
    await elsewhere.listTools();
    await page.waitForTimeout(600);
    expect(await green(page).count()).toBe(0);
    const client = await connect('Zed', url);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['stage_settings']);
    await green(page).waitFor();
    await context.close();
  });
});
