import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/core/errors.ts';
import { createGrants } from '../../../src/policy/grants.ts';
import { createTickets } from '../../../src/policy/tickets.ts';
import { createStore, type Store } from '../../../src/store/store.ts';
import { tempFolder } from '../../support/temp.ts';

const openStore = (dir = tempFolder()): Store => createStore(dir);

const brokenStore = (): Store =>
  new Proxy({} as Store, {
    get: () => () => {
      throw new Error('the disk is gone');
    },
  });

const thrownBy = (run: () => unknown): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    const { code, message } = error as GatewayError;
    return { code, message };
  }
  return { code: 'none', message: '' };
};

const TTL = 1000;
const bond = { subject: 'ada erases x', shown: 'digest-of-x' };

describe('createTickets', () => {
  it('returns the digest of what was shown, once', { tags: ['approval-ticket'] }, () => {
    const tickets = createTickets(openStore(), () => TTL);
    const ticket = tickets.issue(bond);
    expect(tickets.redeem(ticket, bond.subject)).toBe('digest-of-x');
    expect(thrownBy(() => tickets.redeem(ticket, bond.subject))).toMatchObject({
      code: 'INVALID_PARAMS',
      message: expect.stringContaining('already used'),
    });
  });

  it('accepts its tickets after a restart, and in another gateway with the same store', { tags: ['approval-ticket'] }, () => {
    const dir = tempFolder();
    const first = openStore(dir);
    const [one, two] = [createTickets(first, () => TTL).issue(bond), createTickets(first, () => TTL).issue(bond)];
    const second = createTickets(openStore(dir), () => TTL);
    expect(second.redeem(one, bond.subject)).toBe('digest-of-x');
    expect(thrownBy(() => createTickets(first, () => TTL).redeem(one, bond.subject)).code).toBe('INVALID_PARAMS');
    first.close();
    expect(second.redeem(two, bond.subject)).toBe('digest-of-x');
  });

  it('is invalid for another subject, and stays valid for its own', () => {
    const tickets = createTickets(openStore(), () => TTL);
    const ticket = tickets.issue(bond);
    expect(thrownBy(() => tickets.redeem(ticket, 'bob erases x')).message).toContain('another caller');
    expect(tickets.redeem(ticket, bond.subject)).toBe('digest-of-x');
  });

  it('is invalid if any character is changed, added or removed', { tags: ['approval-ticket'] }, () => {
    const tickets = createTickets(openStore(), () => TTL);
    const ticket = tickets.issue(bond);
    for (let i = 0; i < ticket.length; i++) {
      const altered = ticket.slice(0, i) + (ticket[i] === 'z' ? 'y' : 'z') + ticket.slice(i + 1);
      expect(thrownBy(() => tickets.redeem(altered, bond.subject)).code).toBe('INVALID_PARAMS');
    }
    for (const altered of ['', '~~~', `${ticket}z`, `${ticket}~`, ticket.slice(0, -1), `z${ticket}`, ` ${ticket}`]) {
      expect(thrownBy(() => tickets.redeem(altered, bond.subject)).code).toBe('INVALID_PARAMS');
    }
    expect(tickets.redeem(ticket, bond.subject)).toBe('digest-of-x');
  });

  it('cannot be forged without the key', { tags: ['approval-ticket'] }, () => {
    const ticket = createTickets(openStore(), () => TTL).issue(bond);
    expect(thrownBy(() => createTickets(openStore(), () => TTL).redeem(ticket, bond.subject)).code).toBe('INVALID_PARAMS');
  });

  it('expires', { tags: ['approval-ticket'] }, () => {
    let now = 5_000_000;
    const tickets = createTickets(
      openStore(),
      () => TTL,
      () => now,
    );
    const [early, late] = [tickets.issue(bond), tickets.issue(bond)];
    now += TTL - 1;
    expect(tickets.redeem(early, bond.subject)).toBe('digest-of-x');
    now += 1;
    expect(thrownBy(() => tickets.redeem(late, bond.subject)).message).toContain('expired');
  });

  it('deletes used tickets when they would have expired, and no earlier', () => {
    let now = 5_000_000;
    const store = openStore();
    const tickets = createTickets(
      store,
      () => TTL,
      () => now,
    );
    const old = tickets.issue(bond);
    tickets.redeem(old, bond.subject);
    now += TTL - 1;
    tickets.redeem(tickets.issue(bond), bond.subject);
    expect(store.entries('used-tickets').size).toBe(2);
    now += 1;
    tickets.redeem(tickets.issue(bond), bond.subject);
    expect(store.entries('used-tickets').size).toBe(2);
    expect(thrownBy(() => tickets.redeem(old, bond.subject)).message).toContain('expired');
  });

  it('is rejected, and none is issued, if the store is unavailable', { tags: ['approval-closed'] }, () => {
    const good = createTickets(openStore(), () => TTL).issue(bond);
    const tickets = createTickets(brokenStore(), () => TTL);
    expect(thrownBy(() => tickets.issue(bond))).toEqual({
      code: 'APPROVAL_STORE_UNAVAILABLE',
      message: expect.stringContaining('the disk is gone'),
    });
    expect(thrownBy(() => tickets.redeem(good, bond.subject)).code).toBe('APPROVAL_STORE_UNAVAILABLE');
  });
});

describe('createGrants', () => {
  const key = { principal: 'ada', profile: 'default', plugin: 'notes', tool: 'delete' };

  it('applies to this principal, profile, plugin and tool, also after a restart', () => {
    const dir = tempFolder();
    createGrants(openStore(dir), () => 7).add(key, 'looks');
    const grants = createGrants(openStore(dir));
    expect(grants.has(key, 'looks')).toBe(true);
    for (const other of [{ principal: 'bob' }, { profile: 'x' }, { plugin: 'mail' }, { tool: 'read' }])
      expect(grants.has({ ...key, ...other }, 'looks')).toBe(false);
    expect(grants.list()).toEqual([{ ...key, surface: 'looks', time: 7 }]);
  });

  it('does not apply to a tool that has changed', () => {
    const grants = createGrants(openStore());
    grants.add(key, 'looks');
    expect(grants.has(key, 'other looks')).toBe(false);
  });

  it('can be revoked', () => {
    const grants = createGrants(openStore());
    grants.add(key, 'looks');
    expect([grants.revoke(key), grants.has(key, 'looks'), grants.revoke(key)]).toEqual([true, false, false]);
  });

  it('rejects if the store is unavailable', () => {
    expect(thrownBy(() => createGrants(brokenStore()).has(key, 'looks')).code).toBe('APPROVAL_STORE_UNAVAILABLE');
  });
});
