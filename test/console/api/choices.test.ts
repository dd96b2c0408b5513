import { beforeAll, describe, expect, it } from 'vitest';
import { readChoices } from '../../../src/console/api/shown/read-choices.ts';
import { BIN, type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';
import { ask, login, makeCode } from '../support/console.ts';

const fn = (name: string, properties: object = {}) => ({ name, description: name, parameters: { type: 'object', properties } });
const from = (name: string, more: object = {}) => ({
  source: { function: name, valuePath: 'data.rooms.id', labelPath: 'data.rooms.info.name', groupPath: 'data.rooms.floor', ...more },
});
const MANIFEST = {
  functions: [fn('rooms', { only: { type: 'string' } }), fn('broken'), fn('odd'), fn('guarded')],
  settings: [
    { name: 'room', label: 'Room', type: 'string', ...from('rooms') },
    { name: 'upper', label: 'Upper room', type: 'string', ...from('rooms', { args: { only: 'b' } }) },
    { name: 'failing', label: 'Failing', type: 'string', ...from('broken') },
    { name: 'odd', label: 'Odd', type: 'string', ...from('odd') },
    { name: 'absent', label: 'Absent', type: 'string', ...from('nothing') },
    { name: 'denied', label: 'Denied', type: 'string', ...from('guarded') },
    { name: 'plain', label: 'Plain', type: 'select', options: ['a', 'b'] },
  ],
  triggers: [
    {
      id: 'moved',
      label: 'Moved',
      params: [
        { key: 'rooms', label: 'Rooms', type: 'multi-select', ...from('rooms') },
        { key: 'n', type: 'number' },
      ],
    },
  ],
};
const CODE = `
const rooms = [{ id: 'a', info: { name: 'Attic' }, floor: 2 }, { id: 'b', info: {}, floor: 'up\\u202e' }, { id: {} }, 7];
export const handlers = {
  rooms: ({ only }) => JSON.stringify({ data: { rooms: only ? rooms.filter((room) => room.id === only) : rooms } }),
  broken: () => { throw new Error('the server is down'); },
  odd: () => 'no JSON',
  guarded: () => '[]',
};`;

describe('choices that a function of the plugin knows', { tags: ['console-settings'] }, () => {
  let gateway: Serving;
  let key = '';
  const ends: (() => unknown)[] = [];
  beforeAll(async () => {
    const atEnd = (end: () => unknown): void => void ends.push(end);
    const dir = tempFolder(atEnd);
    writePlugin(dir, 'house', { 'index.js': CODE }, MANIFEST);
    const house = { path: './house', approval: { guarded: 'deny' } };
    const config = writeConfig({ plugins: { house } }, [], dir);
    gateway = await serve(config, { bin: BIN, atEnd });
    ({ key } = await login(gateway, { code: makeCode(config) }));
    await until('its tools are listed', async () => ((await ask(gateway, '/tools', { key })).body.items as object[]).length === 3);
    return async () => {
      for (const end of ends.reverse()) await end();
    };
  });
  const choices = (body: object, id = 'house') => ask(gateway, `/plugins/${id}/choices`, { key, body });

  it('are declared in the schema, and read for a setting and for a parameter of a trigger', async () => {
    const { schema } = (await ask(gateway, '/plugins/house/settings', { key })).body as unknown as {
      schema: { properties: Record<string, object> };
    };
    expect(schema.properties.room).toMatchObject({
      'x-choices': { function: 'rooms', args: {}, value: 'data.rooms.id', label: 'data.rooms.info.name', group: 'data.rooms.floor' },
    });
    const all = [
      { value: 'a', label: 'Attic', group: '2' },
      { value: 'b', label: 'b', group: expect.any(String) },
    ];
    expect(await choices({ key: 'room' })).toMatchObject({ status: 200, body: { choices: all } });
    expect((await choices({ key: 'upper', values: { room: 'a' } })).body.choices).toEqual([all[1]]);
    expect((await choices({ key: 'rooms', trigger: 'moved' })).body.choices).toEqual(all);
  });

  it.each([
    [{ key: 'failing' }, 409, 'PLUGIN_FAILED', 'the server is down'],
    [{ key: 'odd' }, 409, 'PLUGIN_FAILED', 'returned no list at "data.rooms.id"'],
    [{ key: 'absent' }, 409, 'PLUGIN_FAILED', 'come from the function "nothing", which is not served'],
    [{ key: 'denied' }, 404, 'UNKNOWN_TOOL', 'Unknown tool'],
    [{ key: 'plain' }, 400, 'INVALID_PARAMS', 'No function of plugin "house" knows the choices of the setting "plain"'],
    [{ key: 'n', trigger: 'moved' }, 400, 'INVALID_PARAMS', '"n" of the trigger "moved"'],
    [{ key: 'toString' }, 404, 'NOT_FOUND', 'does not declare the setting "toString"'],
    [{ key: 'room', trigger: 'none' }, 404, 'NOT_FOUND', 'has no trigger "none"'],
  ])('say what is wrong: %j', async (body, status, code, message) => {
    const reply = await choices(body);
    expect([reply.status, reply.body.error?.code, reply.body.error?.message]).toEqual([status, code, expect.stringContaining(message)]);
  });

  it('of no plugin are not found', async () => {
    expect((await choices({ key: 'x' }, 'none')).status).toBe(404);
  });
});

it.each([
  [
    [{ v: 1 }, { v: true }, { v: null }],
    { value: 'v' },
    [
      { value: 1, label: '1' },
      { value: true, label: 'true' },
    ],
  ],
  [{ list: [{ v: 'x', l: 'X' }] }, { value: 'list.v', label: 'list.l' }, [{ value: 'x', label: 'X' }]],
  [['x'], { value: 'v' }, []],
  [{ list: { v: 1 } }, { value: 'list.v' }, undefined],
  [{ list: [] }, { value: '__proto__.v' }, undefined],
  [null, { value: 'v' }, undefined],
  [[], {}, undefined],
])('reads choices from %j', { tags: ['console-settings'] }, (result, declared, expected) => {
  expect(readChoices(result as never, declared as never)).toEqual(expected);
});
