import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingReplies, type PendingReply } from '../../../src/mcp/pending-replies.ts';
import type { Frame } from '../../../src/mcp/wire/outlet.ts';

/** What the ledger must do, kept as the plain multiset of ids that are owed. */
interface Model {
  owed: Set<number>;
  debts: { id: number; debt: PendingReply }[];
  replies: Map<PendingReply, number>;
}

class Owe implements fc.Command<Model, PendingReplies> {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
  check = () => true;
  run(model: Model, ledger: PendingReplies): void {
    const outlet = {
      write(frame: Frame) {
        if (frame.bytes !== undefined && frame.last)
          model.replies.set(debt as PendingReply, (model.replies.get(debt as PendingReply) ?? 0) + 1);
      },
    };
    const debt = ledger.add(this.id, outlet);
    expect(debt === undefined).toBe(model.owed.has(this.id));
    if (!debt) return;
    model.owed.add(this.id);
    model.debts.push({ id: this.id, debt });
    model.replies.set(debt, 0);
  }
  toString = () => `owe ${this.id}`;
}

class Pay implements fc.Command<Model, PendingReplies> {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check = (model: Readonly<Model>) => model.debts.length > 0;
  run(model: Model, ledger: PendingReplies): void {
    const { id, debt } = model.debts[this.which % model.debts.length] as Model['debts'][number];
    const current = model.debts.findLast((d) => d.id === id)?.debt === debt && model.owed.has(id);
    const before = model.replies.get(debt) ?? 0;
    ledger.send(debt, { bytes: 'reply', last: true });
    expect(model.replies.get(debt)).toBe(current && before === 0 ? 1 : before);
    if (current) model.owed.delete(id);
  }
  toString = () => `pay ${this.which}`;
}

class Cancel implements fc.Command<Model, PendingReplies> {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
  check = () => true;
  run(model: Model, ledger: PendingReplies): void {
    ledger.cancel(this.id, 'test');
    model.owed.delete(this.id);
  }
  toString = () => `cancel ${this.id}`;
}

class Forget implements fc.Command<Model, PendingReplies> {
  check = () => true;
  run(model: Model, ledger: PendingReplies): void {
    ledger.forget('gone');
    model.owed.clear();
  }
  toString = () => 'forget';
}

describe('Ledger', () => {
  it('pays every debt at most once and owes exactly what was not settled', { tags: ['F16'] }, () => {
    const commands = [
      fc.nat(4).map((id) => new Owe(id)),
      fc.nat(20).map((which) => new Pay(which)),
      fc.nat(4).map((id) => new Cancel(id)),
      fc.constant(new Forget()),
    ];
    fc.assert(
      fc.property(fc.commands(commands, { size: '+1' }), (sequence) => {
        const ledger = new PendingReplies();
        const model: Model = { owed: new Set(), debts: [], replies: new Map() };
        fc.modelRun(() => ({ model, real: ledger }), sequence);
        expect(ledger.size).toBe(model.owed.size);
        for (const count of model.replies.values()) expect(count).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps 1 and "1" apart', { tags: ['rpc-id-type'] }, () => {
    const ledger = new PendingReplies();
    const outlet = { write: () => undefined };
    expect(ledger.add(1, outlet)).toBeDefined();
    expect(ledger.add('1', outlet)).toBeDefined();
    expect(ledger.add(1, outlet)).toBeUndefined();
  });
});
