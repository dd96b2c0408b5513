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
});
