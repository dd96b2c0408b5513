import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { logIn, skipped, withConsole } from './support/browser.ts';

const OBSERVER = 'a-token-that-may-look-only';

/** Requests with the bytes that went over the wire. */
async function counted(page: Page, act: () => Promise<void>): Promise<{ path: string; bytes: number }[]> {
  const seen: Promise<{ path: string; bytes: number }>[] = [];
  page.on('requestfinished', (request) => {
    if (request.url().startsWith('data:')) return;
    seen.push(
      request
        .sizes()
        .then((sizes) => ({ path: new URL(request.url()).pathname, bytes: sizes.responseBodySize + sizes.responseHeadersSize })),
    );
  });
  await act();
  return Promise.all(seen);
}

describe.skipIf(skipped)('the login in a browser', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() =>
    writeConfig({ auth: { tokens: [{ token: OBSERVER, principal: 'olga', scopes: ['observe'] }] } }, ['plain'], tempFolder(atEnd)),
  );

  it('takes a link, clears the address, and shows the overview within the budget', async () => {
    const { page, context, faults } = await at.open();
    const requests = await counted(page, async () => {
      await logIn(page, at.link());
      await page.locator('.chart canvas').first().waitFor();
    });
    expect(page.url()).toBe(`${at.address()}#/`);
    await page.getByRole('row', { name: /plain/ }).first().waitFor();
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    expect(requests.length, requests.map(({ path }) => path).join(' ')).toBeLessThanOrEqual(6);
    expect(bytes).toBeLessThanOrEqual(60_000);
    expect(requests.filter(({ path }) => path.includes('/api/') && !path.endsWith('/login'))).toHaveLength(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('takes a link once, and says so the second time', async () => {
    const link = at.link();
    const first = await at.open();
    await logIn(first.page, link);
    const second = await at.open();
    await second.page.goto(link);
    await second.page.getByText('The link was used before').waitFor();
    expect(await second.page.getByRole('navigation').count()).toBe(0);
    await first.context.close();
    await second.context.close();
  });

  it('refuses a link that was never made', async () => {
    const { page, context } = await at.open();
    await page.goto(`${at.address()}#login=${'x'.repeat(43)}`);
    await page.getByText('The link was used before').waitFor();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    await context.close();
  });

  it('shows nothing but the login without a key', async () => {
    const { page, context, faults } = await at.open();
    await page.goto(`${at.address()}#/plugins`);
    await page.getByRole('heading', { name: 'Log in to plugmux' }).waitFor();
    expect(await page.locator('nav, table').count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('takes a token, and one that may look changes nothing', async () => {
    const { page, context } = await at.open();
    await page.goto(at.address());
    await page.getByLabel(/token/).fill('a-wrong-token-altogether');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel(/token/).fill(OBSERVER);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'olga' }).click();
    await page.getByText('may look, not change').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await page.getByRole('link', { name: /^Approvals \(/ }).count()).toBe(0);
    await context.close();
  });

  it('ends in every tab when it ends everywhere', async () => {
    const { page, context } = await at.open();
    await logIn(page, at.link());
    const other = await at.openPage(context);
    await other.page.goto(at.address());
    await other.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'local', exact: true }).click();
    await page.getByRole('button', { name: 'Log out everywhere' }).click();
    await page.getByRole('heading', { name: 'Log in to plugmux' }).waitFor();
    await other.page.getByRole('heading', { name: 'Log in to plugmux' }).waitFor();
    await context.close();
  });
});
