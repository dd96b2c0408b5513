import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { goTo, logIn, skipped, violations, withConsole } from './support/browser.ts';
import { connectClient, writeGarden } from './support/garden.ts';

const DRAIN = 3_000;
const waited = [{ type: 'text', text: 'waited' }];
const rowsOf = (page: Page) => page.getByRole('table', { name: 'Plugins', exact: true }).locator('tbody tr');

describe.skipIf(skipped).each([0, 1, 20])('the overview with %i plugins', (count) => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    const ids = Array.from({ length: count }, (_, n) => `garden-${n + 1}`);
    for (const id of ids) writeGarden(`${dir}/plugins/${id}`, { id, name: `Garden ${id.slice('garden-'.length)}` });
    mkdirSync(`${dir}/plugins`, { recursive: true });
    return writeConfig({ pluginFolders: ['./plugins'] }, [], dir);
  });

  it.each([1280, 390])('shows all of them, or what to do first, %i px wide', async (width) => {
    const { page, context, faults } = await at.open({ width });
    await logIn(page, at.link());
    if (count === 0) {
      await page.getByText(/No plugins yet/).waitFor();
      await page.getByText('plugmux init').waitFor();
      await page.getByText('plugmux doctor').waitFor();
      await page.getByRole('link', { name: 'Connect a client' }).first().click();
      await page.getByRole('heading', { level: 1, name: 'Connect a client' }).waitFor();
      await page.goBack();
    } else {
      await expect.poll(() => rowsOf(page).count()).toBe(count);
      await expect.poll(() => rowsOf(page).filter({ hasText: 'ready' }).count()).toBe(count);
    }
    await page.getByText('No call has failed since the start.').waitFor();
    const navigation = page.getByRole('navigation', { name: 'Screens' });
    expect(await navigation.getByRole('link', { name: /^Plugins/ }).textContent()).toBe(count === 0 ? 'Plugins' : `Plugins ${count}`);
    expect(await violations({ page, context })).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await goTo(page, 'plugins');
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
    await (count === 0 ? page.getByText(/No plugins yet/).waitFor() : expect.poll(() => rowsOf(page).count()).toBe(count));
    expect(faults).toEqual([]);
    await context.close();
  });
});

describe.skipIf(skipped)('a plugin that fails', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    writeGarden(`${dir}/lost`, { id: 'lost', name: 'Lost' }, "import nothing from 'not-there-at-all';\nexport const handlers = nothing;\n");
    writeGarden(`${dir}/bad`, { id: 'bad', name: 'Bad' }, "throw new Error('It <b>cannot</b> start.');\n");
    return writeConfig({ plugins: { lost: { path: './lost' }, bad: { path: './bad' } } }, [], dir);
  });
  interface Fault {
    readonly message: string;
    readonly fix?: string;
  }
  /** What `plugmux doctor` finds wrong with a plugin. */
  const doctor = async (id: string): Promise<Fault> => {
    const { stdout } = await run(['doctor', '--json', '--config', at.file()], { bin: BIN });
    const { plugins } = JSON.parse(stdout) as { plugins: { id: string; faults: Fault[] }[] };
    return plugins.find((plugin) => plugin.id === id)?.faults[0] as Fault;
  };

  it('shows the cause, what to do and the command, as `doctor` prints them', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    const warnings = page.getByRole('list', { name: 'What needs attention' });
    await warnings.getByText(/^Lost failed: /).waitFor();
    await warnings.getByRole('listitem').filter({ hasText: 'Lost failed' }).getByRole('link', { name: 'See what to do' }).click();
    await page.getByRole('heading', { level: 1, name: 'Lost' }).waitFor();
    const { message, fix = '' } = await doctor('lost');
    expect(fix).toMatch(/^npm install /);
    await page.getByText(message, { exact: true }).waitFor();
    await page.getByText(fix, { exact: true }).waitFor();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(fix);
    // Repaired, and started again from here.
    writeGarden(at.file().replace('mcp.json', 'lost'), { id: 'lost', name: 'Lost' });
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.getByText('ready', { exact: true }).waitFor();
    expect(await page.getByText(message, { exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'Overview' }).click();
    await warnings.getByText(/^Bad failed: /).waitFor();
    await expect.poll(() => warnings.getByText(/^Lost/).count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('shows its code as text, and says why a start failed', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await goTo(page, 'plugins/bad');
    const { message } = await doctor('bad');
    expect(message).toContain('It <b>cannot</b> start.');
    await page.getByText(message, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('alert').getByText('It <b>cannot</b> start.').waitFor();
    expect(await page.locator('main b').count()).toBe(0);
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page
      .getByRole('log')
      .getByText(/It <b>cannot<\/b> start/)
      .first()
      .waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});

describe.skipIf(skipped)('a plugin with a running call', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    for (const id of ['garden', 'orchard']) writeGarden(`${dir}/${id}`, { id, name: id === 'garden' ? 'Garden' : 'Orchard' });
    return writeConfig({ plugins: { garden: { path: './garden' }, orchard: { path: './orchard' } }, limits: { drainMs: DRAIN } }, [], dir);
  });

  it('is restarted and switched off after a question that says what this interrupts', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    const client = await connectClient(at.gateway().url);
    const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args });
    const { key } = await login(at.gateway(), { code: makeCode(at.file()) });
    const active = async (id: string) => (await ask(at.gateway(), `/plugins/${id}`, { key })).body.active as number;
    await goTo(page, 'plugins/garden');
    const dialog = page.getByRole('dialog');
    const is = (words: string) => page.locator('main').getByText(words, { exact: true }).waitFor();
    /** Does what a button says, which is asked first because of the running calls. */
    const confirm = async (name: string, interrupted: RegExp) => {
      await page.getByRole('button', { name }).click();
      await dialog.getByText(interrupted).waitFor();
      await dialog.getByRole('button', { name }).click();
    };
    await page.getByRole('button', { name: 'Restart' }).waitFor();

    // The calls begin after the page was fetched. They finish, although the process is replaced.
    const running = [call('garden_wait', { ms: 1_500 }), call('orchard_wait', { ms: 1_500 })];
    await until('both run', async () => (await active('garden')) + (await active('orchard')) === 2);
    await confirm('Restart', /^1 call is running\./);
    expect((await Promise.all(running)).map((result) => result.content)).toEqual([waited, waited]);
    await is('ready');

    // One that takes longer than the limit fails, with a word on what may have happened.
    const long = call('garden_wait', { ms: 60_000 });
    await until('it runs', async () => (await active('garden')) === 1);
    await page.getByRole('button', { name: 'Restart' }).click();
    await dialog.getByText(/may finish for up to 3\.0 s; after that they fail/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await active('garden')).toBe(1);
    await confirm('Switch off', /^1 call is running\./);
    await is('off: an administrator');
    await expect(call('garden_echo', { text: 'x' })).rejects.toThrow(/Unknown tool|garden_echo/);
    expect(await long).toMatchObject({ isError: true });
    expect(await call('orchard_echo', { text: 'still here' })).toMatchObject({ content: [{ text: 'still here' }] });

    await page.getByRole('button', { name: 'Switch on' }).click();
    await is('ready');
    expect(await call('garden_echo', { text: 'back' })).toMatchObject({ content: [{ text: 'back' }] });
    // Without a running call nothing is asked.
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('status').getByText('Garden: ready').waitFor();
    expect(await dialog.count()).toBe(0);

    await page.getByRole('main').getByRole('link', { name: 'Calls', exact: true }).click();
    await page.getByRole('row', { name: /garden_wait.*PLUGIN_/ }).waitFor();
    expect(faults).toEqual([]);
    await client.close();
    await context.close();
  });
});
