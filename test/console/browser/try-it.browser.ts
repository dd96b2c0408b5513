import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';

const SERVER = fileURLToPath(new URL('support/acts-server.mjs', import.meta.url));

describe.skipIf(skipped)('a tool that is tried', () => {
  const atEnd = endsAfterAll();
  let notes = '';
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    notes = join(dir, 'notes.txt');
    writeFileSync(notes, '');
    const acts = { command: process.execPath, args: [SERVER, notes], approval: { erase: 'ask' } };
    return writeConfig({ mcpServers: { acts } }, ['consent'], dir);
  });
  const noted = () => readFileSync(notes, 'utf8');
  const openTool = async (name: string) => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, `tools/${name}`);
    await opened.page.getByRole('button', { name: 'Run' }).waitFor();
    return opened;
  };
  const run = (page: Page) => page.locator('main form').getByRole('button', { name: 'Run' }).click();
  const result = (page: Page) => page.getByLabel('Result', { exact: true });
  const confirm = async (page: Page) => {
    await run(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
  };
  const reply = async (page: Page, decision: string | undefined, button = 'Send the answer') => {
    await page.getByRole('heading', { name: 'The call asks' }).waitFor();
    if (decision !== undefined) await page.getByLabel('Decision').selectOption({ label: decision });
    await page.getByRole('button', { name: button }).click();
  };

  it('shows its progress, and ends in the plugin when it is cancelled', async () => {
    const { page, context, faults } = await openTool('steps');
    await page.getByLabel('total').fill('500');
    await run(page);
    await page.getByText(/^Running….* of 500 row \d+ <b>$/).waitFor();
    const bar = page.getByLabel('Progress');
    const seen = Number(await bar.getAttribute('value'));
    expect(await bar.getAttribute('max')).toBe('500');
    await expect.poll(async () => Number(await bar.getAttribute('value'))).toBeGreaterThan(seen);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You cancelled the call.').waitFor();
    expect(await bar.count()).toBe(0);
    await expect.poll(noted).toContain('steps cancelled');
    await goTo(page, 'calls');
    await page.getByRole('row', { name: /console.*acts › steps.*cancelled/ }).waitFor();

    // The next call begins without what the last one said, and shows what it says at once.
    await goTo(page, 'tools/steps');
    await page.getByLabel('total').fill('1');
    await run(page);
    await result(page).getByText('sown').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is cancelled when its screen is left', async () => {
    const { page, context } = await openTool('steps');
    const before = noted().split('steps cancelled').length;
    await run(page);
    await page.getByLabel('Progress').waitFor();
    await goTo(page, 'plugins');
    await expect.poll(() => noted().split('steps cancelled').length).toBe(before + 1);
    await context.close();
  });

  it('asks its own questions in the page', async () => {
    const { page, context } = await openTool('asks');
    await run(page);
    await page.getByText('Which bed?').waitFor();
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('bed is required').waitFor();
    await page.getByLabel('bed').fill('the long one');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await result(page).getByText('accept: the long one, true').waitFor();
    await run(page);
    await reply(page, undefined, 'Say no');
    await result(page).getByText('decline: nothing, nothing').waitFor();
    // What the gateway would not take is said, and nothing typed is lost.
    await run(page);
    await page.getByLabel('bed').fill('x'.repeat(5_000));
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('The answer is too long').waitFor();
    await page.getByLabel('bed').fill('short');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await result(page).getByText('accept: short, true').waitFor();
    await page.getByText(/live/).first().waitFor();
    await context.close();
  });

  it('asks for approval in the page: no, once, for the session, and for good until that is taken back', async () => {
    const { page, context, faults } = await openTool('consent_erase');
    const ask = async (what: string, decision: string | undefined, button?: string) => {
      await page.getByLabel('what').fill(what);
      await confirm(page);
      await reply(page, decision, button);
    };
    await page.getByLabel('what').fill('beans');
    await run(page);
    await page.getByRole('dialog').getByText('"what": "beans"').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await ask('beans', undefined, 'Say no');
    await page.getByText('User denied tool execution').waitFor();
    await ask('peas', 'Allow once');
    await result(page).getByText('erased peas').waitFor();
    await ask('leeks', 'Allow for this session');
    await result(page).getByText('erased leeks').waitFor();
    await page.getByLabel('what').fill('kale');
    await confirm(page);
    await result(page).getByText('erased kale').waitFor();

    // Another login is another session.
    const other = await openTool('consent_erase');
    await other.page.getByLabel('what').fill('mint');
    await confirm(other.page);
    await reply(other.page, 'Always allow');
    await result(other.page).getByText('erased mint').waitFor();
    await other.page.getByRole('link', { name: 'Approval', exact: true }).click();
    await other.page.getByRole('row', { name: /console:local/ }).waitFor();
    await other.page.getByRole('button', { name: 'Forget' }).click();
    await other.page.getByText('Nobody has allowed it for good.').waitFor();
    await other.page.getByRole('link', { name: 'Try it' }).click();
    await other.page.getByLabel('what').fill('mint');
    await confirm(other.page);
    await reply(other.page, undefined, 'Say no');
    expect([...faults, ...other.faults]).toEqual([]);
    await other.context.close();
    await context.close();
  });

  it('keeps to what mcp.json says: no permission for good, and not for another plugin’s tool', async () => {
    const { page, context } = await openTool('acts_erase');
    await page.getByLabel('what').fill('beans');
    await confirm(page);
    await page.getByRole('heading', { name: 'The call asks' }).waitFor();
    const offered = await page.getByLabel('Decision').locator('option').allTextContents();
    expect(offered.filter((label) => /Allow|Always/.test(label))).toEqual(['Allow once', 'Allow for this session']);
    await page.getByRole('button', { name: 'Say no' }).click();
    await page.getByText('User denied tool execution').waitFor();
    expect(noted()).not.toContain('erased beans');
    await context.close();
  });

  it('shows text, tables, images and links, and no more than that', async () => {
    const { page, context, faults } = await openTool('kinds');
    await run(page);
    await result(page).getByText('plain words').waitFor();
    await result(page).getByRole('row', { name: 'peas March 20' }).waitFor();
    const image = result(page).getByRole('img');
    expect(await image.count()).toBe(1);
    expect(await image.evaluate((one: HTMLImageElement) => one.complete && one.naturalWidth)).toBe(1);
    await result(page).getByText('An image of a type that is not shown: image/svg+xml').waitFor();
    const link = result(page).getByRole('link');
    expect(await link.count()).toBe(1);
    expect([await link.textContent(), await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([
      'The garden',
      'https://example.com/garden',
      'noopener noreferrer',
    ]);
    await result(page).getByText('evil link (javascript:alert(1))').waitFor();
    await result(page).getByText('two beds').waitFor();
    await page.getByRole('button', { name: 'Raw' }).click();
    await result(page).getByText('"mimeType": "image/svg+xml"').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});
