import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type Serving, serve } from '../../../support/gateway.ts';
import { endsAfterAll } from '../../../support/temp.ts';
import { makeCode } from '../../support/console.ts';

const require = createRequire(import.meta.url);
const found = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();

/** Why the tests cannot run here; undefined if they can, and in CI, where a missing browser is a failure. */
export function withoutBrowser(): string | undefined {
  if (process.env.PLUGMUX_BROWSER === 'none') return 'switched off by PLUGMUX_BROWSER=none';
  return found !== '' || process.env.CI !== undefined ? undefined : 'needs Debian’s `chromium` on PATH';
}

const reason = withoutBrowser();
if (reason !== undefined) console.log(`skipped: ${reason}`);
/** For `describe.skipIf`. */
export const skipped = reason !== undefined;

/** A page of the console, with what it complained about. */
export interface Console {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors on the page's console, uncaught errors and dialogs. A test ends with none. */
  readonly faults: string[];
}

export interface Look {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A browser and a gateway for the tests of a file. Call it within `describe`. */
export function withConsole(config: () => string) {
  const atEnd = endsAfterAll();
  let browser: Browser;
  let gateway: Serving;
  let file: string;
  beforeAll(async () => {
    if (skipped) return;
    // No sandbox within a container that runs as root. The name is one that a stranger has bound to this machine.
    browser = await chromium.launch({ executablePath: found, args: ['--no-sandbox', '--host-resolver-rules=MAP evil.test 127.0.0.1'] });
    file = config();
    gateway = await serve(file, { atEnd });
  });
  afterAll(() => browser?.close());
  const address = (): string => new URL('/', gateway.url).href;
  return {
    gateway: () => gateway,
    file: () => file,
    address,
    /** Starts the gateway again on the same port. */
    async restart(): Promise<void> {
      const { host } = new URL(gateway.url);
      await gateway.stop();
      gateway = await serve(file, { atEnd, address: host });
    },
    async open(look: Look = {}): Promise<Console> {
      const { scheme = 'light', width = 1280 } = look;
      const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
      return { context, ...(await openPage(context)) };
    },
    openPage,
    link: () => `${address()}#login=${makeCode(file)}`,
  };
}

async function openPage(context: BrowserContext): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // Refused requests are part of some tests; a breach of the policy never is.
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|TrustedHTML/.test(message.text())) faults.push(message.text());
  });
  return { page, faults };
}

/** Logs in by a link and waits for the overview. */
export async function logIn(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

/** Goes to a screen by its address. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    location.hash = to;
  }, `#/${hash}`);
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RUN = `axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`;

/** What axe finds. It comes through the debugger, so that the policy of the page stays on. */
export async function violations({ page, context }: Pick<Console, 'page' | 'context'>): Promise<readonly string[]> {
  const debug = await context.newCDPSession(page);
  try {
    await debug.send('Runtime.evaluate', { expression: axe });
    const { result, exceptionDetails } = await debug.send('Runtime.evaluate', { expression: RUN, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value as readonly string[];
  } finally {
    await debug.detach();
  }
}
