import { expect, it } from 'vitest';
import { createOpenRequests } from '../../../src/cli/window/open-requests.ts';

const line = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const IDS = [0, 7, -1, 1e21, 123456789012345, '7', 'a b', 'quote"', 'back\\slash', 'ü', '\u0001', 'x'.repeat(300), ''];

it.each(IDS)('a reply of the gateway counts for the request %j, in any order of its members', { tags: ['gateway-lost'] }, (id) => {
  for (const reply of [
    { jsonrpc: '2.0', id, result: { id: 'other', tools: [] } },
    { jsonrpc: '2.0', id, error: { code: -1, message: 'no' } },
    { result: { id: 'other' }, id, jsonrpc: '2.0' },
  ]) {
    const requests = createOpenRequests();
    for (const one of [id, 'other']) expect(requests.fromClient(line({ jsonrpc: '2.0', id: one, method: 'tools/list' }))).toBe(true);
    expect(requests.fromGateway(line(reply))).toBe(true);
    expect(requests.lose()).toEqual(['other']);
  }
});

it('a question of the gateway is no reply, and replies to replayed requests stop there', { tags: ['gateway-lost'] }, () => {
  const requests = createOpenRequests();
  const initialize = line({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
  requests.fromClient(initialize);
  requests.fromGateway(line({ jsonrpc: '2.0', id: 1, result: {} }));
  requests.fromGateway(line({ jsonrpc: '2.0', id: 5, method: 'roots/list', params: { result: 1 } }));
  expect(requests.lose()).toEqual([]);
  // The answer to a question of the gateway that is gone.
  expect(requests.fromClient(line({ jsonrpc: '2.0', id: 5, result: {} }))).toBe(false);
  expect(requests.replay([])).toEqual([initialize]);
  expect(requests.fromGateway(line({ jsonrpc: '2.0', id: 1, result: {} }))).toBe(false);
  expect(requests.replay([initialize])).toEqual([]);
});
