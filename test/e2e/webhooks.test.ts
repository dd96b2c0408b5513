import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { ring, serveBell } from '../support/bell.ts';
import { BIN, serve } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLD = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An endpoint that answers with the given statuses, one after the other, then 204. */
async function receive(statuses: number[] = [], headers: Record<string, string> = {}): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    got.push({ headers: request.headers, body });
    response.writeHead(statuses.shift() ?? 204, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

const NO_PAUSE = { triggers: { bell: { cooldown_seconds: 0 } } };
const eventsFor = (url: string, more: object = {}) => ({
  events: { allowPrivate: true, webhooks: [{ url, secret: SECRET, sources: ['door.*'], ...more }] },
});

it('posts each event, signed so that the library of the standard accepts it', { tags: ['webhook'] }, async () => {
  const { url: hook, got } = await receive();
  const { url } = await serveBell(NO_PAUSE, eventsFor(hook, { oldSecret: OLD }));
  await until('the trigger runs', () => ring(url, 'grüezi'));
  await ring(url, 'second');
  await until('both arrive', () => got.length === 2);
  for (const { headers, body } of got) {
    expect(headers['content-type']).toBe('application/json');
    for (const secret of [SECRET, OLD]) expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy();
    const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => new Webhook(other).verify(body, headers as Record<string, string>)).toThrow();
  }
  expect(got.map(({ body }) => JSON.parse(body))).toEqual([
    { type: 'door.bell', timestamp: expect.any(String), data: { summary: 'Rung: grüezi', text: 'grüezi', n: 12345 } },
    { type: 'door.bell', timestamp: expect.any(String), data: expect.objectContaining({ text: 'second' }) },
  ]);
  expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
});

it('tries a failed delivery again under the same id, and delivers what was stored before a restart', { tags: ['webhook'] }, async () => {
  const { url: hook, got } = await receive([500, 302], { location: 'http://127.0.0.1:1/elsewhere' });
  const first = await serveBell(NO_PAUSE, eventsFor(hook));
  await until('the trigger runs', () => ring(first.url, 'x'));
  await until('the first try arrives', () => got.length === 1);
  // The next try is due in about 5 s; the gateway is killed before.
  await first.stop('SIGKILL');
  await serve(first.config, { bin: BIN });
  await until('the second try arrives', () => got.length === 2, 15_000);
  expect(got[1]?.headers['webhook-id']).toBe(got[0]?.headers['webhook-id']);
  expect(got[1]?.body).toBe(got[0]?.body);
  expect(Number(got[1]?.headers['webhook-timestamp'])).toBeGreaterThan(Number(got[0]?.headers['webhook-timestamp']));
});

it('follows the configuration', async () => {
  const { url: hook, got } = await receive();
  const { url, config } = await serveBell(NO_PAUSE);
  expect(await ring(url, 'nobody')).toBe(false);
  const file = JSON.parse(readFileSync(config, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...file, ...eventsFor(hook) }));
  await until('the trigger runs', () => ring(url, 'now'));
  await until('it arrives', () => got.length === 1);
});

it('sends nothing to other triggers, within the pause, or through the filter', async () => {
  const { url: hook, got } = await receive();
  const config = { triggers: { bell: { cooldown_seconds: 0, only: 'yes' } } };
  const { url } = await serveBell({ ...config, alwaysOn: ['gong'] }, eventsFor(hook, { sources: ['door.bell'] }));
  await until('the trigger runs', () => ring(url, 'no'));
  await until('the other one runs', () => ring(url, 'gong', 'gong'));
  await ring(url, 'yes');
  await until('it arrives', () => got.length > 0);
  expect(got.map(({ body }) => (JSON.parse(body) as { data: { text: string } }).data.text)).toEqual(['yes']);
});

it('does not connect to private addresses unless that is allowed', { tags: ['webhook-address'] }, async () => {
  const { url: hook, got } = await receive();
  const port = new URL(hook).port;
  const urls = [
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
    `https://[::ffff:7f00:1]:${port}/`,
    'https://169.254.169.254/',
    'https://2130706433/',
  ];
  const webhooks = urls.map((address) => ({ url: address, secret: SECRET, sources: ['door.bell'] }));
  const gateway = await serveBell(NO_PAUSE, { events: { webhooks } });
  await until('the trigger runs', () => ring(gateway.url, 'x'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(got).toEqual([]);
});

it('rejects a secret that is not one', async () => {
  const { run, writeConfig } = await import('../support/gateway.ts');
  const file = writeConfig({ events: { webhooks: [{ url: 'https://example.com', secret: 'short', sources: ['a.b'] }] } });
  const { code, stderr } = await run(['list', '--config', file]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('base64 of 24 to 64 bytes');
  expect(stderr).not.toContain('short');
});
