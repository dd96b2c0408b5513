import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import type { Lists } from '../../../src/mcp/methods/lists.ts';
import { createSubscriptions } from '../../../src/mcp/methods/subscriptions.ts';
import type { Request } from '../../../src/mcp/request.ts';

const MAX_ENTRIES = 1_024;
const gateway = { onChange: () => undefined, onUpdated: () => undefined, view: () => ({}), watch: () => undefined } as unknown as Gateway;

function setUp() {
  const subscriptions = createSubscriptions(gateway, {} as Lists);
  const ended: string[] = [];
  let last = 0;
  const listen = (principal: string, params: object = { notifications: {} }): string => {
    const id = `${principal}${++last}`;
    const caller = { principal, profile: 'default', scopes: [] };
    const request = { params, caller, session: id, keepOpen: () => undefined, call: () => ({ onAbort: () => undefined }) };
    const stream = subscriptions.listen(id, request as unknown as Request, { write: () => undefined });
    void stream.then(() => ended.push(id));
    return id;
  };
  return { listen, ended };
}

describe('listen streams', () => {
  it('of the principal with most are ended for another principal, oldest first, but never for its own', {
    tags: ['listen-shares'],
  }, async () => {
    const { listen, ended } = setUp();
    const first = listen('bob');
    const ada = Array.from({ length: MAX_ENTRIES - 1 }, () => listen('ada'));
    expect(() => listen('ada')).toThrow('The limit of 1024 listen streams is reached');
    expect(() => listen('eve', {})).toThrow('must be an object');
    listen('eve');
    listen('bob');
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual(ada.slice(0, 2));
    expect(ended).not.toContain(first);
  });
});
