import { describe, expect, it } from 'vitest';
import { connect, GENERATIONS } from '../support/clients.ts';
import { serve, writeConfig } from '../support/gateway.ts';
import { tempFolder } from '../support/temp.ts';
import { testTransport } from './transport.ts';

// The first SDK release has no Streamable HTTP.
const SPEAKERS = GENERATIONS.filter((generation) => generation !== 'v1.0');

testTransport({
  name: 'Streamable HTTP',
  generations: SPEAKERS,
  serve: (atEnd) => serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd }),
});

describe('Streamable HTTP', () => {
  it('keeps clients with the same ids apart', { tags: ['T6'] }, async () => {
    const target = await serve(writeConfig({}, ['plain']));
    const clients = await Promise.all(SPEAKERS.flatMap((g) => [g, g, g]).map((g) => connect(g, target)));
    const rounds = Array.from({ length: 20 }, (_, i) => i);
    await Promise.all(
      clients.map(async (client, c) => {
        for (const i of rounds)
          expect((await client.call('echo', { message: `client ${c} call ${i}` })).content[0]?.text).toBe(`client ${c} call ${i}`);
      }),
    );
  });

  it('answers calls in flight and exits on SIGTERM', { tags: ['drain-on-signal'] }, async () => {
    const target = await serve(writeConfig({}, ['plain']));
    const client = await connect('v1', target);
    const pending = client.call('wait', { ms: 1_500 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    const code = target.stop();
    expect((await pending).content[0]?.text).toBe('waited');
    expect(await code).toBe(0);
  });
});
