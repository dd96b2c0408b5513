interface Transport {
  onmessage?: unknown;
  onclose?: unknown;
}

/**
 * Hands over what arrives in one piece message by message: clients of the SDK drop progress that comes together with the
 * answer, and would do so whenever a busy machine makes it come so.
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
