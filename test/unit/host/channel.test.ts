import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { type Channel, createChannel } from '../../../src/host/group/channel.ts';

/** One end of a channel; the test writes the other end. */
function open(notify: (method: string, params: JsonObject) => void = () => undefined) {
  const [read, write] = [new PassThrough(), new PassThrough()];
  const broken: string[] = [];
  const channel: Channel = createChannel(read, write, 1_000_000, {
    request: async () => ({ json: '{}' }),
    notify,
    broken: (reason) => void broken.push(reason),
  });
  const say = async (...lines: unknown[]): Promise<void> => {
    for (const line of lines) read.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    await turn();
  };
  /** Sends a request; resolves with its result or error. */
  const ask = (): Promise<unknown> => channel.request('call', '{}').catch((error) => error);
  return { broken, say, ask };
}

const notice = (method: unknown, params?: unknown) => ({ jsonrpc: '2.0', method, params });

describe('Channel', () => {
  it('closes if a handler throws, and ignores later messages', async () => {
    const heard: string[] = [];
    const { broken, say } = open((method) => {
      heard.push(method);
      throw new TypeError('no such thing');
    });
    await say(notice('changed'), notice('log'));
    expect(heard).toEqual(['changed']);
    expect(broken).toEqual(['its message "changed" is invalid: no such thing']);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['an empty message', {}],
    ['a method that is an object', notice({ toString: 5 })],
    ['parameters that are a list', notice('log', [])],
    ['an id that is a text', { ...notice('consult', {}), id: 'toString' }],
    ['an id beyond whole numbers', '{"id":1e400,"method":"consult","params":{}}'],
  ])('closes on %s', async (_, line) => {
    const { broken, say } = open();
    await say(line);
    expect(broken).toHaveLength(1);
  });

  it('ignores unknown methods, unknown members and replies without a request', async () => {
    const heard: string[] = [];
    const { broken, say } = open((method) => void heard.push(method));
    await say({ ...notice('__proto__', {}), more: [1] }, { id: 99, result: 1 }, { id: 'constructor', error: 5 });
    expect([broken, heard]).toEqual([[], ['__proto__']]);
  });

  it.each([
    ['neither a result nor an error', {}],
    ['an error that is a text', { error: 'boom' }],
    ['an error without a text', { error: { code: 1, message: { toString: 5 } } }],
  ])('fails only the request of a reply with %s', async (_, reply) => {
    const { ask, broken, say } = open();
    const asked = ask();
    const other = ask();
    await say({ id: 1, ...reply }, { id: 2, result: 'fine' });
    expect(await asked).toMatchObject({ code: 'PLUGIN_PROTOCOL_ERROR' });
    expect([await other, broken]).toEqual(['fine', []]);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('does not accept "%s" as an error code', async (code) => {
    const { ask, say } = open();
    const asked = ask();
    await say(`{"id":1,"error":{"message":"boom","data":{"code":"${code}","fix":"x"}}}`);
    expect(await asked).toMatchObject({ code: 'PLUGIN_FAILED', message: 'boom' });
  });

  it('cuts the text of an error', async () => {
    const { ask, say } = open();
    const asked = ask();
    await say({ id: 1, error: { message: 'E'.repeat(500_000), data: { fix: 'f'.repeat(100_000) } } });
    const error = (await asked) as GatewayError;
    expect([error.message.length, error.fix.length]).toEqual([16 * 1024, 16 * 1024]);
  });
});
