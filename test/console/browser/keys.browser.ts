import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { logIn, skipped, withConsole } from './support/browser.ts';
import { writeGarden } from './support/garden.ts';

/** Presses Tab until the focus is there, where it must be seen. */
async function tabTo(page: Page, to: Locator): Promise<void> {
  await to.waitFor();
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press('Tab');
    if (!(await to.evaluate((element) => element === document.activeElement))) continue;
    const { style, width } = await to.evaluate((element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { style: outlineStyle, width: Number.parseFloat(outlineWidth) };
    });
    expect(style).not.toBe('none');
    expect(width).toBeGreaterThan(0);
    return;
  }
  throw new Error(`Tab does not reach ${to}`);
}

describe.skipIf(skipped)('with the keyboard alone', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    writeGarden(`${dir}/garden`, { settings: [{ name: 'soil', label: 'Soil', type: 'string', default: 'loam' }] });
    return writeConfig({ plugins: { garden: { path: './garden', approval: 'allow' } } }, ['consent'], dir);
  });
  const screen = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const press = async (page: Page, ...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  it('a plugin is set, a tool is tried, and a call is answered', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await press(page, 'g', 'p');
    await screen(page, 'Plugins');
    const garden = page.getByRole('link', { name: 'Garden', exact: true });
    for (let i = 0; i < 5 && !(await garden.evaluate((element) => element === document.activeElement)); i++) await press(page, 'j');
    await press(page, 'Enter');
    await screen(page, 'Garden');
    await tabTo(page, page.getByRole('link', { name: 'Settings', exact: true }));
    await press(page, 'Enter');
    await screen(page, 'Settings');
    const soil = page.getByLabel('Soil');
    await tabTo(page, soil);
    await press(page, 'ControlOrMeta+a');
    // Letters that go elsewhere when nothing is being typed.
    await page.keyboard.type('g pc / j?');
    expect(await soil.inputValue()).toBe('g pc / j?');
    await tabTo(page, page.getByRole('button', { name: 'Save and restart Garden' }));
    await press(page, 'Enter');
    await page.getByText('Garden runs with it.').waitFor();

    await press(page, 'g', 't');
    await screen(page, 'Tools');
    await press(page, '/');
    await page.keyboard.type('garden_echo');
    await press(page, 'Escape', 'j', 'Enter');
    await screen(page, 'garden_echo');
    await tabTo(page, page.getByLabel('text'));
    await page.keyboard.type('typed');
    await tabTo(page, page.getByRole('button', { name: 'Run', exact: true }));
    await press(page, 'Enter');
    await page.getByLabel('Result', { exact: true }).getByText('typed').waitFor();

    await press(page, 'g', 'a');
    await screen(page, 'Approvals');
    const client = await connect('v1', at.gateway().at('http'));
    const result = client.call('erase', { what: 'by keys' });
    await page.getByRole('article').waitFor();
    const allow = page.getByRole('button', { name: 'Allow this call' });
    await expect.poll(() => allow.getAttribute('aria-disabled')).toBe('false');
    // No single key answers.
    for (const key of 'abcdefghiklmnopqrstuvwxyz0123456789') if (key !== 'g') await press(page, key);
    await press(page, 'Enter', ' ', 'Escape');
    expect(await page.getByRole('article').count()).toBe(1);
    await tabTo(page, allow);
    await press(page, 'Enter');
    expect((await result).content[0]?.text).toBe('erased by keys');
    expect(faults).toEqual([]);
    await context.close();
  });
});
