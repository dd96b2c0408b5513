import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { connect, type Generation, type Target } from '../../support/clients.ts';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { target } from '../../support/windows.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';

/** How clients reach the gateway: every era over every transport, and through a window that is attached. */
const WAYS: readonly (readonly [Generation, 'http' | 'sse' | 'ws' | 'window'])[] = [
  ['v1', 'http'],
  ['v1', 'sse'],
  ['v1', 'ws'],
  ['v2 legacy', 'http'],
  ['v2 modern', 'http'],
  ['v2 modern', 'ws'],
  ['v1', 'window'],
  ['v2 modern', 'window'],
];

/** A window with the variables that its gateway was started with; the library passes only some on. */
function windowOf(file: string): Target {
  const { command, args } = target(file);
  const variables = Object.entries(process.env).flatMap(([name, value]) => (/proxy|^NODE_/i.test(name) ? [`${name}=${value}`] : []));
  return { command: 'env', args: [...variables, command, ...args] };
}

const rows = (page: Page) => page.getByRole('article');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first();
/** Waits until the row has settled, as a person must, then clicks. */
const answer = async (page: Page, name: string) => {
  await expect.poll(() => button(page, name).getAttribute('aria-disabled')).toBe('false');
  await button(page, name).click();
};

describe.skipIf(skipped)('a call that waits for a person', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeConfig({}, ['consent'], tempFolder(atEnd)));
  const openQueue = async () => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, 'approvals');
    await opened.page.getByText('Nobody waits.').waitFor();
    await opened.page.getByText('live', { exact: true }).waitFor();
    return opened;
  };
  const clientOf = (generation: Generation = 'v1', way: (typeof WAYS)[number][1] = 'http') =>
    connect(generation, way === 'window' ? windowOf(at.file()) : at.gateway().at(way));
  const textOf = (result: { content: { text?: string }[] }) => result.content[0]?.text;
  const runs = async () => String(textOf(await (await clientOf()).call('runs')));

  it.each(WAYS)('runs after a click: %s over %s', async (generation, way) => {
    const { page, context, faults } = await openQueue();
    const client = await clientOf(generation, way);
    const what = `${generation} ${way}`;
    const result = client.call('erase', { what });
    await page.getByRole('heading', { name: /plugmux-test.* wants to run consent › erase/ }).waitFor();
    await rows(page).getByText(`"${what}"`).waitFor();
    expect(await runs()).not.toContain(what);
    await answer(page, 'Allow this call');
    expect(textOf(await result)).toBe(`erased ${what}`);
    expect(await runs()).toContain(`${what};`);
    await page.getByText('Nobody waits.').waitFor();
    // The next call asks again.
    const next = client.call('erase', { what: `${what} again` });
    await answer(page, 'Deny');
    expect(textOf(await next)).toBe('User denied tool execution');
    expect(await runs()).not.toContain('again');
    await goTo(page, 'calls?tool=erase');
    await page
      .getByRole('row', { name: /a person said no/ })
      .first()
      .waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it('runs after a click too if it came over POST /api/tools and can wait', async () => {
    const { page, context } = await openQueue();
    const sent = fetch(new URL('/api/tools/erase', at.gateway().url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({ what: 'posted' }),
    });
    await answer(page, 'Allow this call');
    expect(JSON.stringify(await (await sent).json())).toContain('erased posted');
    await context.close();
  });

  it('asks no more in a session, or for good, if the person says so', async () => {
    const { page, context } = await openQueue();
    const client = await clientOf();
    const first = client.call('erase', { what: 'one' });
    await answer(page, 'Allow for this session');
    expect(textOf(await first)).toBe('erased one');
    expect(textOf(await client.call('erase', { what: 'two' }))).toBe('erased two');
    const other = await clientOf('v2 modern');
    const asked = other.call('erase', { what: 'three' });
    await rows(page).getByText('"three"').waitFor();
    // A client without a session cannot have one allowed.
    expect(await page.getByRole('button', { name: 'Allow for this session' }).count()).toBe(0);
    await answer(page, 'Always allow this tool');
    expect(textOf(await asked)).toBe('erased three');
    expect(textOf(await other.call('erase', { what: 'four' }))).toBe('erased four');
    await goTo(page, 'tools/erase?tab=approval');
    await page.getByRole('button', { name: 'Forget' }).click();
    await page.getByText('Nobody has allowed it for good.').waitFor();
    await goTo(page, 'approvals');
    const again = other.call('erase', { what: 'five' });
    await answer(page, 'Deny');
    expect(textOf(await again)).toBe('User denied tool execution');
    await context.close();
  });

  it('is answered once: by the first of two consoles', async () => {
    const [one, two] = [await openQueue(), await openQueue()];
    const result = (await clientOf()).call('erase', { what: 'shared' });
    await Promise.all([one, two].map(({ page }) => rows(page).getByText('"shared"').waitFor()));
    await answer(two.page, 'Deny');
    expect(textOf(await result)).toBe('User denied tool execution');
    await one.page.getByText(/consent › erase of .*: Denied by local/).waitFor();
    expect(await rows(one.page).count()).toBe(0);
    for (const { context } of [one, two]) await context.close();
  });

  it('goes when its client goes, with the reason, and nothing has run', async () => {
    const { page, context } = await openQueue();
    const client = await clientOf();
    const stop = new AbortController();
    const lost = client.call('erase', { what: 'cancelled' }, { signal: stop.signal }).catch(() => undefined);
    await rows(page).getByText('"cancelled"').waitFor();
    stop.abort();
    await lost;
    await page.getByRole('heading', { name: 'Gone' }).waitFor();
    const gone = page.getByRole('listitem').filter({ hasText: 'consent › erase' });
    expect(await gone.textContent()).toMatch(/nothing ran/);
    expect(await runs()).not.toContain('cancelled');
    await context.close();
  });

  it('does not take a click that was meant for the row above', async () => {
    const { page, context } = await openQueue();
    const [first, second] = [await clientOf(), await clientOf()];
    const stop = new AbortController();
    const lost = first.call('erase', { what: 'upper' }, { signal: stop.signal }).catch(() => undefined);
    await rows(page).getByText('"upper"').waitFor();
    const stays = second.call('erase', { what: 'lower' });
    await rows(page).getByText('"lower"').waitFor();
    await expect.poll(() => button(page, 'Allow this call').getAttribute('aria-disabled')).toBe('false');
    const box = await button(page, 'Allow this call').boundingBox();
    if (!box) throw new Error('the button is not shown');
    await page.mouse.move(box.x + 10, box.y + 10);
    stop.abort();
    await lost;
    await expect.poll(() => rows(page).count()).toBe(1);
    const after = await button(page, 'Allow this call').boundingBox();
    expect(after && Math.abs(after.y - box.y)).toBeLessThan(10);
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForTimeout(200);
    expect(await rows(page).count()).toBe(1);
    await answer(page, 'Deny');
    expect(textOf(await stays)).toBe('User denied tool execution');
    expect(await runs()).not.toMatch(/upper|lower/);
    await context.close();
  });

  it('is not answered for other arguments than those shown: it is fetched and read again', async () => {
    const { page, context, faults } = await openQueue();
    const result = (await clientOf()).call('erase', { what: 'bound' });
    await rows(page).getByText('"bound"').waitFor();
    // As a page that shows what is no longer so.
    await page.route('**/api/console/approvals/*', async (route) => {
      const body = route.request().postDataJSON() as { shown: string };
      await route.continue({ postData: JSON.stringify({ ...body, shown: `${body.shown}0` }) });
    });
    const fetched = page.waitForRequest((request) => request.method() === 'GET' && request.url().endsWith('/api/console/approvals'));
    await answer(page, 'Allow this call');
    await page.getByRole('alert').getByText('APPROVAL_CHANGED').waitFor();
    await fetched;
    expect(await runs()).not.toContain('bound');
    expect(await rows(page).count()).toBe(1);
    await page.unroute('**/api/console/approvals/*');
    await answer(page, 'Allow this call');
    expect(textOf(await result)).toBe('erased bound');
    expect(faults).toEqual([]);
    await context.close();
  });
});

describe.skipIf(skipped)('a call that waits too long', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeConfig({ limits: { askMs: 3_000 } }, ['consent'], tempFolder(atEnd)));

  it('is refused at the end of its time, and the page says so', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await goTo(page, 'approvals');
    await page.getByText('live', { exact: true }).waitFor();
    const client = await connect('v1', at.gateway().at('http'));
    const result = client.call('erase', { what: 'late' });
    await page.getByText(/waiting 0:0\d of 0:03/).waitFor();
    await page.getByRole('heading', { name: 'Gone' }).waitFor();
    expect((await result).isError).toBe(true);
    expect(await page.getByRole('listitem').filter({ hasText: 'consent › erase' }).textContent()).toMatch(/nothing ran/i);
    expect((await client.call('runs')).content[0]?.text).toBe('');
    expect(faults).toEqual([]);
    await context.close();
  });
});
