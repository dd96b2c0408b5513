import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, violations, withConsole } from './support/browser.ts';
import { writeStage } from './support/stage.ts';

/** Every screen, with its heading. */
const SCREENS = [
  ['', 'Overview'],
  ['plugins', 'Plugins'],
  ['plugins/stage', 'Stage'],
  ['plugins/stage/settings', 'Settings'],
  ['tools', 'Tools'],
  ['tools/stage_fields', 'stage_fields'],
  ['tools/stage_fields?tab=model', 'stage_fields'],
  ['tools/stage_fields?tab=schema', 'stage_fields'],
  ['tools/stage_fields?tab=approval', 'stage_fields'],
  ['tools/stage_hostile?tab=history', 'stage_hostile'],
  ['prompts', 'Prompts and instructions'],
  ['calls', 'Calls'],
  ['approvals', 'Approvals'],
  ['logs', 'Logs'],
  ['clients', 'Clients'],
  ['connect', 'Connect a client'],
  ['changes', 'Changes'],
  ['map', 'Map'],
  ['nowhere', 'There is no such screen'],
] as const;
/** Kept by CI. */
const SHOTS = 'out/console';

describe.skipIf(skipped)('every screen', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeStage(tempFolder(atEnd)));

  for (const [scheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)
    it(`is accessible and fits, ${scheme}, ${width} px wide`, async () => {
      const { page, context, faults } = await at.open({ scheme, width });
      mkdirSync(SHOTS, { recursive: true });
      await logIn(page, at.link());
      const found: string[] = [];
      for (const [hash, title] of SCREENS) {
        await goTo(page, hash);
        await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
        await page.locator('.skeleton').waitFor({ state: 'detached' });
        if (hash.startsWith('tools/')) await page.locator('.tabs').waitFor();
        // The bar with Run covers fields until they are scrolled free of it, so it is looked at where it rests.
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        for (const violation of await violations({ page, context })) found.push(`${hash}: ${violation}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${hash}: scrolls sideways by ${over} px`);
        await page.screenshot({ path: `${SHOTS}/${hash.replaceAll(/\W+/g, '-') || 'overview'}-${scheme}-${width}.png` });
      }
      expect(found).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    });

  it('draws its charts anew in the colours of the scheme', async () => {
    const { page, context } = await at.open();
    await logIn(page, at.link());
    /** The darkest and the brightest opaque pixel, from 0 to 255. */
    const ends = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.chart canvas');
        const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let [least, most] = [255, 0];
        for (let i = 0; i < data.length; i += 4) {
          if ((data[i + 3] ?? 0) < 250) continue;
          const light = ((data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 3;
          [least, most] = [Math.min(least, light), Math.max(most, light)];
        }
        return { least, most };
      });
    await page.waitForFunction(() => document.querySelector('.chart canvas') !== null);
    // Words of the axes are dark on light, and light on dark.
    await expect.poll(async () => (await ends()).least).toBeLessThan(120);
    await page.getByRole('button', { name: /^Colours/ }).click();
    await page.getByRole('button', { name: /^Colours/ }).click();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    await expect.poll(async () => (await ends()).most).toBeGreaterThan(150);
    await context.close();
  });

  it('is reached by keys, with the focus on its heading', async () => {
    const { page, context } = await at.open();
    await logIn(page, at.link());
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.keyboard.press('/');
    await page.keyboard.type('sta');
    expect(page.url()).toContain('q=sta');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Stage' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
    await context.close();
  });
});
