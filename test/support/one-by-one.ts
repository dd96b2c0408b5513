interface Transport {
  onmessage?: unknown;
  onclose?: unknown;
}

/**
 * Passes on a chunk message by message: SDK clients drop progress that arrives in one chunk with the reply, which happens at
 * random on a busy machine.
 */
export function oneByOne<T extends Transport>(transport: T): T {
  const waiting: (() => void)[] = [];
  let busy = false;
  const next = (): void => {
    const deliver = waiting.shift();
    busy = deliver !== undefined;
    if (!deliver) return;
    setImmediate(next);
    deliver();
  };
  for (const name of ['onmessage', 'onclose'] as const) {
    let handler: ((...args: unknown[]) => void) | undefined;
    const queued = (...args: unknown[]): void => {
      waiting.push(() => handler?.(...args));
      if (!busy) next();
    };
    Object.defineProperty(transport, name, {
      get: () => handler && queued,
      set: (given: typeof handler) => {
        handler = given;
      },
    });
  }
  return transport;
}
