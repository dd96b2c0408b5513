import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { writeStage } from './support/stage.ts';

/** What the next try sends. */
async function sent(page: Page, act: () => Promise<void>): Promise<unknown> {
  const [request] = await Promise.all([page.waitForRequest((each) => each.url().endsWith('/try')), act()]);
  return (request.postDataJSON() as { arguments: unknown }).arguments;
}

describe.skipIf(skipped)('trying a tool', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeStage(tempFolder(atEnd)));
  const openTool = async (name: string) => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, `tools/${name}`);
    await opened.page.getByRole('button', { name: 'Run' }).waitFor();
    return opened;
  };
  const run = (page: Page) => page.getByRole('button', { name: 'Run' }).click();

  it('sends what is shown, and nothing for what is left out', async () => {
    const { page, context } = await openTool('stage_fields');
    await run(page);
    await page.getByText('title is required').waitFor();
    await page.getByLabel('title').fill('Garden');
    expect(await sent(page, () => run(page))).toEqual({ title: 'Garden', mode: 'append' });
    await page.getByRole('button', { name: 'Leave out mode' }).click();
    await page.getByLabel('count').fill('3');
    await page.getByLabel('loud').check();
    await page.getByRole('button', { name: 'Fill in tags' }).click();
    await page.getByRole('button', { name: 'Add to tags' }).click();
    await page.getByLabel('tags 1').fill('spring');
    await page.getByRole('button', { name: 'Fill in place' }).click();
    await page.getByLabel('lat').fill('47.5');
    await page.getByLabel('map').fill('{"free": [1]}');
    const value = { title: 'Garden', count: 3, loud: true, tags: ['spring'], place: { lat: 47.5 }, map: { free: [1] } };
    expect(await sent(page, () => run(page))).toEqual(value);
    // JSON shows the same value, and changes the form.
    await page.getByLabel('JSON').check();
    expect(JSON.parse(await page.getByLabel('Arguments').inputValue())).toEqual(value);
    await page.getByLabel('Arguments').fill('{"title": "Field", "when": 7}');
    await page.getByLabel('Form').check();
    expect(await page.getByLabel('title').inputValue()).toBe('Field');
    expect(await sent(page, () => run(page))).toEqual({ title: 'Field', when: 7 });
    await context.close();
  });

  it('can be cancelled', async () => {
    const { page, context } = await openTool('stage_wait');
    await page.getByLabel('ms').fill('60000');
    await run(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You cancelled the call.').waitFor();
    await context.close();
  });

  it('shows hostile text as text', async () => {
    const { page, context, faults } = await openTool('stage_hostile');
    await run(page);
    await page.getByLabel('Result').getByText('<img src=x').waitFor();
    expect(await page.getByLabel('Result').textContent()).toContain('\\u202egnp.exe');
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('shows why a call failed', async () => {
    const { page, context } = await openTool('stage_fail');
    await run(page);
    await page.getByText('It failed as it should.').first().waitFor();
    await goTo(page, 'calls?outcome=error');
    await page
      .getByRole('link', { name: /stage_fail/ })
      .first()
      .click();
    await page.getByText('Kept as a digest only').waitFor();
    await page.goBack();
    expect(page.url()).toContain('outcome=error');
    await context.close();
  });
});
