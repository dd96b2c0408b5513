import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { HOSTILE, writeStage } from './support/stage.ts';

describe.skipIf(skipped)('approvals in the page', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() =>
    writeStage(tempFolder(atEnd), { plugins: { stage: { path: './stage', approval: { fields: 'ask', '*': 'allow' } } } }),
  );
  const openApprovals = async () => {
    const opened = await at.open();
    await logIn(opened.page, at.link());
    await goTo(opened.page, 'approvals');
    await opened.page.getByText('Nobody waits.').waitFor();
    return opened;
  };
  const connect = async () => {
    const client = new Client({ name: 'asker', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(at.gateway().url)));
    return client;
  };
  const call = (client: Client, args: Record<string, unknown>) => client.callTool({ name: 'stage_fields', arguments: args });
  const answer = async (page: Page, name: string) => {
    await page.getByRole('button', { name, disabled: false }).waitFor();
    await expect.poll(() => page.getByRole('button', { name }).getAttribute('aria-disabled')).toBe('false');
    await page.getByRole('button', { name }).click();
  };

  it('answer a client that cannot ask: allowed, denied, and gone', async () => {
    const { page, context, faults } = await openApprovals();
    const client = await connect();
    const allowed = call(client, { title: 'Garden' });
    await page.getByRole('heading', { name: /asker.* wants to run stage › .*fields/ }).waitFor();
    expect(await page.title()).toContain('1');
    await answer(page, 'Allow this call');
    expect(JSON.stringify(await allowed)).toContain('Garden');
    await page.getByText('Nobody waits.').waitFor();

    const denied = call(client, { title: HOSTILE.slice(0, 20) });
    await answer(page, 'Deny');
    expect((await denied).isError).toBe(true);

    const lost = call(client, { title: 'Lost' }).catch(() => undefined);
    await page.getByRole('heading', { name: /wants to run/ }).waitFor();
    await client.close();
    await lost;
    await page.getByRole('heading', { name: 'Gone' }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it('do not take a click in the first 700 ms', async () => {
    const { page, context } = await openApprovals();
    const client = await connect();
    const waiting = call(client, { title: 'Early' });
    const button = page.getByRole('button', { name: 'Allow this call' });
    await button.waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.dispatchEvent('click');
    expect(await page.getByRole('heading', { name: /wants to run/ }).count()).toBe(1);
    await answer(page, 'Deny');
    expect((await waiting).isError).toBe(true);
    await client.close();
    await context.close();
  });
});

describe.skipIf(skipped)('what happens', () => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => writeStage(tempFolder(atEnd)));

  it('is shown live: calls with their filters, clients, and the log', async () => {
    const { page, context, faults } = await at.open();
    await logIn(page, at.link());
    await goTo(page, 'calls');
    await page.getByText(/No call since/).waitFor();
    const client = new Client({ name: 'watched', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(at.gateway().url)));
    await client.callTool({ name: 'stage_fields', arguments: { title: 'One' } });
    await client.callTool({ name: 'stage_fail', arguments: {} });
    await page.getByRole('row', { name: /watched.*fields/ }).waitFor();
    await page.getByRole('row', { name: /watched.*fail/ }).waitFor();
    await goTo(page, 'calls?outcome=error');
    await expect.poll(() => page.getByRole('row', { name: /watched/ }).count()).toBe(1);
    await goTo(page, 'clients');
    await page.getByRole('row', { name: /watched/ }).waitFor();
    await client.close();
    expect(faults).toEqual([]);
    await context.close();
  });
});
