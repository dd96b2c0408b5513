import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../../support/gateway.ts';
import { endsAfterAll, tempFolder } from '../../support/temp.ts';
import { goTo, logIn, skipped, withConsole } from './support/browser.ts';
import { writeGarden } from './support/garden.ts';

const TOKEN = 'a-token-that-calls-tools';
const TEXT = `it's "here" $HOME; \`id\``;

/** Runs the line of the button in a shell. */
async function runCopied(page: Page, label: string, env: Record<string, string> = {}): Promise<string> {
  await page.getByLabel('text').fill(TEXT);
  await page.getByRole('button', { name: label }).click();
  await page.getByText('Copied').waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  return spawnSync('sh', ['-c', line], { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 30_000 }).stdout;
}

describe.skipIf(skipped).each([false, true])('a call that is copied for a shell, with tokens: %s', (withTokens) => {
  const atEnd = endsAfterAll();
  const at = withConsole(() => {
    const dir = tempFolder(atEnd);
    writeGarden(`${dir}/garden`);
    const auth = { tokens: [{ token: TOKEN, principal: 'uwe' }] };
    return writeConfig({ plugins: { garden: { path: './garden', approval: 'allow' } }, ...(withTokens ? { auth } : {}) }, [], dir);
  });

  it('does there what it does here', async () => {
    const { page, context, faults } = await at.open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await logIn(page, at.link());
    await goTo(page, 'tools/garden_echo');
    expect(await runCopied(page, 'Copy as curl', { PLUGMUX_TOKEN: TOKEN })).toContain(JSON.stringify(TEXT).slice(1, -1));
    expect(faults).toEqual([]);
    await context.close();
  });

  it('is a command where the port serves only the console', async () => {
    const dir = tempFolder(atEnd);
    cpSync(`${dirname(at.file())}/garden`, `${dir}/garden`, { recursive: true });
    const file = writeConfig({ oneGateway: true, plugins: { garden: { path: './garden', approval: 'allow' } } }, [], dir);
    try {
      const { stdout } = await run(['console', '--config', file], { bin: BIN });
      const link = /http:\/\/\S+#login=\S+/.exec(stdout)?.[0] ?? '';
      const { page, context, faults } = await at.open();
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await logIn(page, link);
      await goTo(page, 'tools/garden_echo');
      expect(await runCopied(page, 'Copy as command')).toContain(TEXT);
      expect(faults).toEqual([]);
      await context.close();
    } finally {
      await run(['stop', '--config', file], { bin: BIN });
    }
  });
});
