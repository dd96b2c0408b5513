import { describe, expect, it, onTestFinished } from 'vitest';
import { openLink } from '../support/bad-link.ts';
import { connect, type TestClient } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';
import type { AtEnd } from '../support/temp.ts';

const FAULTS = {
  'is late': { delayMs: 500 },
  'is narrow': { bytesPerSecond: 2_000 },
  'is cut': { cutAfter: 300 },
  'swallows everything': { swallows: true },
  'flips bits': { flips: true },
} as const;
type Spoilt = keyof typeof FAULTS;
const PATIENCE_MS = 15_000;
/** The timeout for a reply that must not arrive. */
const SHORT_MS = 2_500;
/** The timeout for a reply that must arrive. */
const WHOLE: readonly Spoilt[] = ['is late', 'is narrow'];

const atEnd = onTestFinished as AtEnd;
const names = Object.keys(FAULTS) as Spoilt[];
const payloads = Array.from({ length: 5 }, (_, i) => `payload ${i}`);

/** The outcome of one call: its own text, an error, or no reply within the client's timeout. */
async function attempt(client: TestClient, message: string, withinMs = PATIENCE_MS): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, withinMs, 'nothing'));
  const call = client.call('echo', { message }).then(
    ({ content, isError }) => (isError ? 'an error' : (content[0]?.text ?? '')),
    () => 'an error',
  );
  return Promise.race([call, late]);
}

describe('a link between a client and the gateway', () => {
  it.each(names.flatMap((name) => [[name, 'http', 'v1'] as const, [name, 'sse', 'v1'] as const, [name, 'ws', 'v2 modern'] as const]))(
    'that %s affects only its own client, over %s to %s',
    { tags: ['F77'] },
    async (name, kind, generation) => {
      const gateway = await serve(writeConfig({ limits: { drainMs: 60_000 } }, ['plain']));
      const link = await openLink(new URL(gateway.url).host, atEnd);
      const { url } = gateway.at(kind);
      const far = await connect(generation, { url: url.replace(new URL(url).host, link.host), kind });
      const near = await connect(generation, gateway.at(kind));
      link.fault = FAULTS[name];
      const answers = Promise.all(payloads.map((message) => attempt(far, message, WHOLE.includes(name) ? PATIENCE_MS : SHORT_MS)));
      for (const message of payloads) expect(await attempt(near, message)).toBe(message);
      const came = await answers;
      if (WHOLE.includes(name)) expect(came).toEqual(payloads);
      else if (name !== 'flips bits')
        for (const [i, answer] of came.entries()) expect([payloads[i], 'an error', 'nothing']).toContain(answer);
      await far.close().catch(() => undefined);
      link.fault = {};
      // No reply is pending, so this client has nothing to wait for.
      await near.close();
      expect(await gateway.stop()).toBe(0);
    },
  );
});

describe('a link between the gateway and a server', () => {
  it.each(names)(
    'that %s fails only calls of that server, and is used again after it recovers',
    { tags: ['F77'], timeout: 60_000 },
    async (name) => {
      const server = await serve(writeConfig({}, ['plain']));
      const link = await openLink(new URL(server.url).host, atEnd);
      const far = { url: server.url.replace(new URL(server.url).host, link.host), names: { echo: 'far_echo' } };
      const limits = { callTimeoutMs: 2_000, restartMinMs: 50, restartMaxMs: 200 };
      const gateway = await serve(writeConfig({ mcpServers: { far }, limits }, ['plain']));
      const client = await connect('v1', gateway);
      const call = (message: string) => client.call('far_echo', { message });
      await until('the server is there', async () => (await client.list()).includes('far_echo'));
      link.fault = FAULTS[name];
      const calls = payloads.map((message) => call(message));
      for (const message of payloads) expect(await attempt(client, message)).toBe(message);
      for (const [i, result] of (await Promise.all(calls)).entries()) {
        const text = result.content[0]?.text;
        if (result.isError) expect(result._meta?.['plugmux/error']).toMatchObject({ plugin: 'far', code: expect.any(String) });
        else if (name !== 'flips bits') expect(text).toBe(payloads[i]);
      }
      link.fault = {};
      await until('it is used again', async () => (await call('again')).content[0]?.text === 'again', 30_000);
    },
  );
});
