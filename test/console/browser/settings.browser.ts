import { describe, expect, it } from 'vitest';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { writeStage } from './support/stage.ts';

const SECRET = 'planted-7f3a9c';

describe.skipIf(skipped)('the settings of a plugin', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeStage(tempFolder(atEnd)));
  const openSettings = async () => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, 'plugins/stage/settings');
    await opened.page.getByLabel('Greeting').waitFor();
    return opened;
  };
  const save = { name: 'Save and restart Stage' };

  it('take effect in the next call and survive a restart', async () => {
    const { page, context } = await openSettings();
    await page.getByLabel('Greeting').fill('good morning');
    await page.getByRole('button', save).click();
    await page.getByText('Stage runs with it.').waitFor();
    const called = await fetch(new URL('/api/tools/stage_settings', at.address()), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await called.text()).toContain('good morning');
    await at.restart();
    await goTo(page, 'plugins');
    await goTo(page, 'plugins/stage/settings');
    await expect.poll(() => page.getByLabel('Greeting').inputValue()).toBe('good morning');
    await context.close();
  });

  it('that the file sets are shown with their place', async () => {
    const { page, context } = await openSettings();
    expect(await page.getByLabel('Folder').isDisabled()).toBe(true);
    await page.getByText(/set in .*mcp\.json:\d+:\d+ – change it there/).waitFor();
    await context.close();
  });

  it('that are secret are set and never shown', async () => {
    const { page, context } = await openSettings();
    const answers: Promise<string>[] = [];
    page.on('response', (response) => answers.push(response.text().catch(() => '')));
    await page.getByLabel('API key').fill(SECRET);
    await page.getByRole('button', save).click();
    await page.getByText(/••••••• set/).waitFor();
    await page.reload();
    await page.getByText(/••••••• set/).waitFor();
    expect((await Promise.all(answers)).join('')).not.toContain(SECRET);
    expect(await page.content()).not.toContain(SECRET);
    await context.close();
  });

  it('that do not fit get a message, and the focus', async () => {
    const { page, context } = await openSettings();
    await page.getByLabel('At most').fill('many');
    await page.getByRole('button', save).click();
    await page.getByText('At most must be a number').waitFor();
    await expect.poll(() => page.getByLabel('At most').evaluate((field) => field === document.activeElement)).toBe(true);
    await context.close();
  });

  it('of two tabs do not overwrite each other silently', async () => {
    const one = await openSettings();
    const two = await openSettings();
    await one.page.getByLabel('At most').fill('7');
    await one.page.getByRole('button', save).click();
    await one.page.getByText('Stage runs with it.').waitFor();
    await two.page.getByLabel('At most').fill('9');
    await two.page.getByRole('button', save).click();
    await two.page.getByText('Somebody saved meanwhile.').waitFor();
    await two.page.getByRole('row', { name: /most/ }).getByText('9').waitFor();
    await two.page.getByRole('button', { name: 'Take what is saved' }).click();
    await expect.poll(() => two.page.getByLabel('At most').inputValue()).toBe('7');
    await one.context.close();
    await two.context.close();
  });
});
