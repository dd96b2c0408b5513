import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { connect } from '../../support/clients.ts';
import { writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, skipped, withConsole } from './support/browser.ts';

const tokenOf = (name: string): string => `a-token-of-the-principal-${name}`;
const SCOPES = { ann: ['admin'], olga: ['observe'], uwe: ['use'] };

describe.skipIf(skipped)('two principals at the console', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const tokens = Object.entries(SCOPES).map(([principal, scopes]) => ({ token: tokenOf(principal), principal, scopes }));
    return writeConfig({ auth: { tokens } }, ['consent', 'plain'], tempFolder(atEnd));
  });
  const openAs = async (name: string) => {
    const opened = await at.open();
    await opened.page.goto(at.address());
    await opened.page.getByLabel(/token/).fill(tokenOf(name));
    await opened.page.getByRole('button', { name: 'Log in' }).click();
    await opened.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await opened.page.getByText('live', { exact: true }).waitFor();
    return opened;
  };
  const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

  it('see what their scopes grant, and only one of them decides and changes', async () => {
    const [ann, olga] = [await openAs('ann'), await openAs('olga')];
    const sent: string[] = [];
    olga.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => sent.push(String(payload))));
    await olga.page.reload();
    await olga.page.getByText('live', { exact: true }).waitFor();
    const client = await connect('v1', { ...at.gateway().at('http'), headers: { Authorization: `Bearer ${tokenOf('uwe')}` } });
    await goTo(ann.page, 'approvals');
    await ann.page.getByText('Nobody waits.').waitFor();
    const result = client.call('erase', { what: 'private-argument' });
    await ann.page.getByText('"private-argument"').waitFor();
    expect(await ann.page.getByRole('article').textContent()).toContain('uwe');

    // The other sees neither the call that waits nor a way to change anything.
    expect(await olga.page.getByRole('link', { name: /^Approvals \(/ }).count()).toBe(0);
    for (const [hash, heading] of [
      ['approvals', 'Approvals'],
      ['plugins/plain', 'plain'],
      ['plugins/plain/settings', 'Settings'],
      ['tools', 'Tools'],
      ['tools/echo', 'echo'],
      ['clients', 'Clients'],
      ['changes', 'Changes'],
    ] as const) {
      await goTo(olga.page, hash);
      await title(olga.page, heading);
      await olga.page.locator('.skeleton').waitFor({ state: 'detached' });
      const deeds = olga.page
        .locator('main')
        .getByRole('button', { name: /^(Switch|Restart|Check now|Save|Run|Allow|Deny|Always|Accept|End session|Forget)/ });
      expect([hash, await deeds.count()]).toEqual([hash, 0]);
      expect(await olga.page.locator('main').textContent()).not.toContain('private-argument');
      expect(await olga.page.locator('main td input:enabled').count()).toBe(0);
    }
    await goTo(olga.page, 'clients');
    await olga.page.getByRole('row', { name: /uwe/ }).waitFor();
    expect(sent.join()).not.toContain('private-argument');

    const allow = ann.page.getByRole('button', { name: 'Allow this call' });
    await expect.poll(() => allow.getAttribute('aria-disabled')).toBe('false');
    await allow.click();
    expect((await result).content[0]?.text).toBe('erased private-argument');
    // Both see whose call it was, and who has allowed it.
    for (const { page } of [ann, olga]) {
      await goTo(page, 'calls?tool=erase');
      await page.getByRole('link', { name: /erase/ }).first().click();
      await page.locator('dd').getByText('uwe', { exact: true }).waitFor();
      await page.locator('dd').getByText('once by console:ann').waitFor();
    }

    // One logs out everywhere: the other stays.
    await olga.page.getByRole('button', { name: 'olga', exact: true }).click();
    await olga.page.getByRole('button', { name: 'Log out everywhere' }).click();
    await olga.page.getByRole('heading', { name: 'Log in to plugmux' }).waitFor();
    await ann.page.waitForTimeout(1_000);
    await ann.page.getByText('live', { exact: true }).waitFor();
    await goTo(ann.page, 'plugins');
    await title(ann.page, 'Plugins');
    expect([...ann.faults, ...olga.faults]).toEqual([]);
    for (const { context } of [ann, olga]) await context.close();
  });
});
