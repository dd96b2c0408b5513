import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingReplies, type PendingReply } from '../../../src/mcp/pending-replies.ts';
import type { Frame } from '../../../src/mcp/wire/outlet.ts';

/** The expected state: the ids of pending requests, and the replies to each. */
interface Model {
  pending: Set<number>;
  requests: { id: number; request: PendingReply }[];
  replies: Map<PendingReply, number>;
}

class Add implements fc.Command<Model, PendingReplies> {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
  check = () => true;
  run(model: Model, replies: PendingReplies): void {
    const outlet = {
      write(frame: Frame) {
        if (frame.bytes !== undefined && frame.last)
          model.replies.set(request as PendingReply, (model.replies.get(request as PendingReply) ?? 0) + 1);
      },
    };
    const request = replies.add(this.id, outlet);
    expect(request === undefined).toBe(model.pending.has(this.id));
    if (!request) return;
    model.pending.add(this.id);
    model.requests.push({ id: this.id, request });
    model.replies.set(request, 0);
  }
  toString = () => `add ${this.id}`;
}

class Send implements fc.Command<Model, PendingReplies> {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check = (model: Readonly<Model>) => model.requests.length > 0;
  run(model: Model, replies: PendingReplies): void {
    const { id, request } = model.requests[this.which % model.requests.length] as Model['requests'][number];
    const current = model.requests.findLast((d) => d.id === id)?.request === request && model.pending.has(id);
    const before = model.replies.get(request) ?? 0;
    replies.send(request, { bytes: 'reply', last: true });
    expect(model.replies.get(request)).toBe(current && before === 0 ? 1 : before);
    if (current) model.pending.delete(id);
  }
  toString = () => `send ${this.which}`;
}

class Cancel implements fc.Command<Model, PendingReplies> {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
  check = () => true;
  run(model: Model, replies: PendingReplies): void {
    replies.cancel(this.id, 'test');
    model.pending.delete(this.id);
  }
  toString = () => `cancel ${this.id}`;
}

class Forget implements fc.Command<Model, PendingReplies> {
  check = () => true;
  run(model: Model, replies: PendingReplies): void {
    replies.forget('gone');
    model.pending.clear();
  }
  toString = () => 'forget';
}

describe('PendingReplies', () => {
  it('sends each reply at most once, and counts exactly the unsettled requests', { tags: ['F16'] }, () => {
    const commands = [
      fc.nat(4).map((id) => new Add(id)),
      fc.nat(20).map((which) => new Send(which)),
      fc.nat(4).map((id) => new Cancel(id)),
      fc.constant(new Forget()),
    ];
    fc.assert(
      fc.property(fc.commands(commands, { size: '+1' }), (sequence) => {
        const replies = new PendingReplies();
        const model: Model = { pending: new Set(), requests: [], replies: new Map() };
        fc.modelRun(() => ({ model, real: replies }), sequence);
        expect(replies.size).toBe(model.pending.size);
        for (const count of model.replies.values()) expect(count).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('distinguishes 1 and "1"', { tags: ['rpc-id-type'] }, () => {
    const replies = new PendingReplies();
    const outlet = { write: () => undefined };
    expect(replies.add(1, outlet)).toBeDefined();
    expect(replies.add('1', outlet)).toBeDefined();
    expect(replies.add(1, outlet)).toBeUndefined();
  });
});
