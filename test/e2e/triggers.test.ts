import type { Client as ClientV2 } from '@modelcontextprotocol/client';
import type { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { serveBell } from '../support/bell.ts';
import { connect, type Generation } from '../support/clients.ts';
import { BIN, serve } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

interface Listed {
  readonly eventId: string;
  readonly at: string;
  readonly summary: string;
  readonly data: unknown;
}

const ADDRESS = 'trigger://door/bell';

async function eventsOf(raw: Awaited<ReturnType<typeof connect>>['raw']): Promise<Listed[]> {
  const { contents } = (await (raw as ClientV2).readResource({ uri: ADDRESS })) as { contents: { text: string }[] };
  return JSON.parse(contents[0]?.text ?? '') as Listed[];
}

it.each<Generation>(['v1', 'v2 legacy', 'v2 modern'])(
  'notifies a %s client of an event that a plugin reports',
  { tags: ['trigger-resource'] },
  async (generation) => {
    const { url } = await serveBell();
    const client = await connect(generation, { url });
    const raw = client.raw as ClientV2;
    const updates: string[] = [];
    const listed = (await raw.listResources()).resources.map(({ uri }) => uri);
    expect(listed).toContain(ADDRESS);
    // Nobody watches it, so it is not running.
    expect((await client.call('door_ring', { text: 'early' })).content[0]?.text).toContain('nobody listens');
    if (generation === 'v1') {
      (client.raw as ClientV1).setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void updates.push(params.uri));
    } else raw.setNotificationHandler('notifications/resources/updated', ({ params }) => void updates.push(params.uri));
    if (generation === 'v2 modern') await raw.listen({ resourceSubscriptions: [ADDRESS] });
    else await raw.subscribeResource({ uri: ADDRESS });
    await until(
      'the trigger runs',
      async () => (await client.call('door_ring', { text: 'tür' })).content[0]?.text?.includes('rung') === true,
    );
    await until('the client is notified', () => updates.length > 0);
    expect(updates).toEqual([ADDRESS]);
    const events = await eventsOf(client.raw);
    expect(events).toEqual([
      {
        eventId: expect.stringMatching(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/),
        at: expect.any(String),
        summary: 'Rung: tür',
        data: { text: 'tür', n: 12345 },
      },
    ]);
  },
);

it('runs a trigger that is always on, and keeps its events over a restart', async () => {
  const { url, config } = await serveBell({ alwaysOn: ['bell'] });
  const client = await connect('v2 auto', { url });
  await until(
    'the trigger runs',
    async () => (await client.call('door_ring', { text: 'one' })).content[0]?.text?.includes('rung') === true,
  );
  await until('the event is stored', async () => (await eventsOf(client.raw)).length === 1);
  const [before] = await eventsOf(client.raw);
  const second = await serve(config, { bin: BIN });
  const other = await connect('v2 auto', { url: second.url });
  expect(await eventsOf(other.raw)).toEqual([before]);
});
