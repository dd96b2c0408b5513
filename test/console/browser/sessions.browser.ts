import { describe, expect, it } from 'vitest';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { makeCode } from '../support/console.ts';
import { logIn, skipped, withConsole } from './support/browser.ts';

const MINUTE = 60_000;
/** How long another browser may show a console whose login has ended. */
const ENDED_WITHIN = 1_000;

describe.skipIf(skipped)('a login', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeConfig({}, ['plain'], tempFolder(atEnd)));
  /** A link that was made some time ago. */
  const oldLink = (minutes: number) => `${at.address()}#login=${makeCode(at.file(), Date.now() - minutes * MINUTE)}`;

  it('by a link that was never used ends 10 minutes after it was made', async () => {
    const link = oldLink(10);
    const { page, context, faults } = await at.open();
    await page.goto(link);
    await page.getByText('has expired').waitFor();
    await page.getByText('plugmux console', { exact: true }).first().waitFor();
    expect(await page.locator('nav, table').count()).toBe(0);
    expect(page.url()).toBe(`${at.address()}#/`);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    // Not even once more: it is not kept.
    await page.goto(`${at.address()}?again#login=${new URL(link).hash.slice('#login='.length)}`);
    await page.getByText('has expired').waitFor();
    await logIn(page, oldLink(9));
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is over in other browsers too, within a second, when it ends everywhere', async () => {
    const [one, two, three] = [await at.open(), await at.open(), await at.open()];
    await logIn(one.page, at.link());
    for (const { page } of [two, three]) {
      await logIn(page, at.link());
      await page.getByText('live', { exact: true }).waitFor();
    }
    // A page that is not looked at learns of it as well.
    await three.page.goto(`${at.address()}#/calls`);
    await three.page.getByText('live', { exact: true }).waitFor();
    const ended = (page: typeof one.page) => page.getByRole('heading', { name: 'Log in to plugmux' }).waitFor({ timeout: ENDED_WITHIN });
    await one.page.getByRole('button', { name: 'local', exact: true }).click();
    const answered = one.page.waitForResponse((response) => response.url().endsWith('/logout'));
    await one.page.getByRole('button', { name: 'Log out everywhere' }).click();
    await answered;
    await Promise.all([ended(two.page), ended(three.page)]);
    await two.page.getByText('no longer valid').waitFor();
    for (const { page } of [one, two, three]) {
      expect(await page.locator('nav, table').count()).toBe(0);
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
    }
    for (const { context } of [one, two, three]) await context.close();
  });
});
