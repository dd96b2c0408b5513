import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BIN, run } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';
import { type Console, goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { connectClient } from './support/garden.ts';
import { EVIL, MARKED, writeHostile } from './support/hostile.ts';

/** The gateway keeps the beginning of a long name. */
const NAME = `\u202egnp.exe ${EVIL}`;
const SHOTS = 'out/console/hostile';
/** What a reader sees in place of the override. */
const SEEN = /\\u(202e|\{202e\})gnp\.exe/;

/** Hidden characters in texts and in attributes that are read out, elements that came from text, and what does not fit. */
const faultsOf = (page: Page) =>
  page.evaluate(() => {
    const hidden = /[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u3164]/;
    const faults: string[] = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode())
      if (hidden.test(node.textContent ?? '')) faults.push(`text in ${node.parentElement?.outerHTML.slice(0, 80)}`);
    for (const element of document.body.querySelectorAll('*')) {
      for (const { name, value } of element.attributes)
        if (/^(aria-|alt$|title$|placeholder$|data-label$)/.test(name) && hidden.test(value))
          faults.push(`${name} of ${element.outerHTML.slice(0, 80)}`);
      if (
        element.matches(
          'script, iframe, img:not([alt="Sent by the tool"]), svg:not(.map > svg), [href^="javascript:" i], [onerror], [onload]',
        )
      )
        faults.push(`an element: ${element.outerHTML.slice(0, 80)}`);
    }
    if (hidden.test(document.title)) faults.push('the title');
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) faults.push(`scrolls sideways by ${over} px`);
    // Nothing lies outside of the page, unless its box scrolls.
    for (const element of document.querySelectorAll('main *')) {
      const { right, width } = element.getBoundingClientRect();
      if (width > 0 && right > innerWidth + 1 && !element.closest('pre, .log, textarea, input, select, .tabs, .unseen, svg'))
        faults.push(`outside by ${Math.round(right - innerWidth)} px: ${element.outerHTML.slice(0, 100)}`);
    }
    return faults;
  });

describe.skipIf(skipped).each([390, 1280])('text of strangers, %i px wide', (width) => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeHostile(tempFolder(atEnd)));
  const open = async (): Promise<Console> => {
    const opened = await at.open({ width, scheme: width === 390 ? 'dark' : 'light' });
    opened.page.setDefaultTimeout(8_000);
    await logIn(opened.page, at.link());
    return opened;
  };
  /** Goes to a screen and looks at it. */
  const look = async (page: Page, hash: string, name = hash.replaceAll(/\W+/g, '-')) => {
    await goTo(page, hash);
    await page.locator('.skeleton').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('main').textContent(), { message: hash }).toMatch(SEEN);
    await check(page, name);
  };
  const check = async (page: Page, name: string) => {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: `${SHOTS}/${name || 'overview'}-${width}.png`, fullPage: true });
    expect([name, await faultsOf(page)]).toEqual([name, []]);
  };
  const form = (page: Page) => page.locator('main form').first();
  const runIt = async (page: Page, tool: string) => {
    await goTo(page, `tools/${tool}`);
    await form(page).getByRole('button', { name: 'Run' }).click();
  };

  it('is text on every screen: plugins, tools, settings, prompts, calls, clients, logs, the map and Connect', async () => {
    const client = await connectClient(at.gateway().url, NAME);
    await client.listTools();
    const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args }).catch(() => undefined);
    await call('fail', { [EVIL]: EVIL });
    await call('evil_speak', { text: MARKED, choice: MARKED });
    const { page, context, faults } = await open();
    for (const hash of [
      '',
      'plugins',
      'plugins/evil',
      'plugins/broken',
      'plugins/said',
      'plugins/evil/settings',
      'tools/evil_speak',
      'tools/evil_speak?tab=model',
      'tools/evil_speak?tab=schema',
      'tools/say',
      'tools/say?tab=schema',
      'tools/fail?tab=history',
      'prompts',
      'calls',
      'calls?by=client',
      'logs',
      'logs?area=plugin:said',
      'clients',
      'map',
    ])
      await look(page, hash);
    for (const hash of ['tools', 'connect']) {
      await goTo(page, hash);
      await page.locator('main table, main pre').first().waitFor();
      await check(page, hash);
    }
    await goTo(page, 'calls');
    await page.getByRole('link', { name: /fail/ }).first().click();
    await page.getByRole('heading', { level: 2, name: 'Arguments' }).waitFor();
    await check(page, 'call');
    await page.getByRole('link', { name: 'Try again with these arguments' }).click();
    await page.getByRole('button', { name: 'Run' }).waitFor();
    await check(page, 'again');
    // An address that someone sends.
    await look(page, `tools/${encodeURIComponent(EVIL)}`, 'unknown');
    await look(page, `plugins/${encodeURIComponent(EVIL)}`, 'unknown-plugin');
    await goTo(page, 'clients');
    await page.getByRole('button', { name: 'End session' }).first().click();
    await page.getByRole('dialog').waitFor();
    await check(page, 'end');
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await page.getByText('has ended.').waitFor();
    await check(page, 'ended');
    expect(faults).toEqual([]);
    await client.close().catch(() => undefined);
    await context.close();
  });

  it('is text in results, errors, progress and questions of a tried tool', async () => {
    const { page, context, faults } = await open();
    const result = page.getByLabel('Result', { exact: true });
    await runIt(page, 'say');
    await result.getByText(SEEN).first().waitFor();
    await check(page, 'result');
    expect(await result.getByRole('link').count()).toBe(1);
    for (const view of ['Data', 'Raw']) {
      await result.getByRole('button', { name: view }).click();
      await check(page, `result-${view}`);
    }
    await runIt(page, 'fail');
    await result.getByText(SEEN).first().waitFor();
    await check(page, 'failed');
    await runIt(page, 'steps');
    await page.getByText(/^Running….*egnp|^Running….*gnp/).waitFor();
    await check(page, 'progress');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('You cancelled the call.').waitFor();
    await runIt(page, 'asks');
    await page.getByRole('heading', { name: 'The call asks' }).waitFor();
    await check(page, 'question');
    await page.getByRole('button', { name: 'Say no' }).click();
    await result.getByText(SEEN).first().waitFor();
    // The form: every kind of field, left out and filled in.
    await goTo(page, 'tools/evil_speak');
    const buttons = page.getByRole('button', { name: /^(Fill in|Add)/ });
    await form(page).waitFor();
    for (const name of [/^Fill in/, /^Fill in/, /^Add/]) await form(page).getByRole('button', { name }).first().click();
    expect(await buttons.count()).toBeGreaterThan(0);
    await page.getByText('hidden characters, shown escaped here').first().waitFor();
    await check(page, 'form');
    await page.getByLabel('JSON').check();
    // Hidden characters are escapes of JSON, which mean the same.
    const json = await page.getByLabel('Arguments').inputValue();
    expect(json).toContain('\\u200f');
    expect(json).not.toContain('\u200f');
    expect(JSON.parse(json)).toMatchObject({ text: MARKED, choice: MARKED });
    await check(page, 'json');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is text where a person decides', async () => {
    const { page, context, faults } = await open();
    await goTo(page, 'approvals');
    await page.getByText('Nobody waits.').waitFor();
    const client = await connectClient(at.gateway().url, NAME);
    const waiting = client.callTool({ name: 'erase', arguments: { [EVIL]: EVIL, marks: `a${'\u0301'.repeat(500)}` } });
    await page.getByRole('heading', { name: /wants to run/ }).waitFor();
    await page.getByText(/\d+ hidden characters are shown escaped/).waitFor();
    await check(page, 'approval');
    await expect.poll(() => page.getByRole('button', { name: 'Deny' }).getAttribute('aria-disabled')).toBe('false');
    await page.getByRole('button', { name: 'Deny' }).click();
    expect((await waiting).isError).toBe(true);
    const lost = client.callTool({ name: 'erase', arguments: { [EVIL]: EVIL } }).catch(() => undefined);
    await page.getByRole('heading', { name: /wants to run/ }).waitFor();
    await client.close();
    await lost;
    await page.getByRole('heading', { name: 'Gone' }).waitFor();
    await check(page, 'gone');
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is text in what has changed since the lock file, and in a file that was rejected', async () => {
    const file = at.file();
    await run(['lock', '--config', file], { bin: BIN });
    writeFileSync(file.replace('mcp.json', 'words.json'), JSON.stringify(`new words ${EVIL} and more`));
    const { key } = await login(at.gateway(), { code: makeCode(file) });
    await until('the lock file is read', async () => {
      const { body } = await ask(at.gateway(), '/changes', { key });
      return body.lockFile !== undefined;
    });
    await ask(at.gateway(), '/plugins/said/restart', { key, method: 'POST' });
    const { page, context, faults } = await open();
    await goTo(page, 'changes');
    await page
      .getByRole('button', { name: /^Accept/ })
      .first()
      .waitFor();
    await look(page, 'changes');
    await page
      .getByRole('button', { name: /^Accept (?!all)/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Accepted here' }).waitFor();
    await check(page, 'accepted');
    writeFileSync(file, JSON.stringify({ plugins: { [EVIL]: { path: 7 } } }));
    await goTo(page, '');
    await page.getByText(/configuration not reloaded/).waitFor();
    await check(page, 'rejected');
    expect(faults).toEqual([]);
    await context.close();
  });
});
