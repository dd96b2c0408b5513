import { sleep, within } from './processes.mjs';

const MB = 1024 * 1024;
/** What garbage collection cannot give back at once: caches that are bounded, code that was compiled meanwhile. */
const HEAP_MARGIN = 5 * MB;
const RSS_MARGIN = 48 * MB;
const SETTLE_MS = 40_000;

/** What a quiet gateway holds. */
export async function measure(gateway) {
  const { children, names, descriptors, open } = gateway.holds();
  const { sessions, sse, websocket, connections, replies, calls } = await gateway.status();
  return { children, names, descriptors, open, sessions, sse, websocket, connections, calls, replies, memory: await gateway.memory() };
}

/** Waits until nothing is going on any more; says what still is where that does not happen. */
export async function settled(gateway, ms = SETTLE_MS) {
  let why = '';
  const quiet = await within(ms, async () => {
    const { sessions, sse, websocket, connections, calls, replies, plugins } = await gateway.status();
    const owed = replies.owed - replies.paid - replies.cancelled;
    const busy = Object.entries(plugins).filter(([, state]) => state !== 'ready');
    why = JSON.stringify({ sessions, sse, websocket, connections, calls, owed, busy });
    // This very request is the one connection.
    return sessions + sse + websocket + calls + owed === 0 && connections <= 1 && busy.length === 0;
  });
  return quiet ? undefined : why;
}

/** Compares a gateway at rest with what it was before: nothing may have stayed. */
export async function compare(gateway, before, oracle) {
  const why = await settled(gateway);
  if (why !== undefined) return oracle.fail('O3', `it does not come to rest: ${why}`);
  const same = async () => {
    for (let looks = 0; looks < 5; looks++) {
      const { children, descriptors } = gateway.holds();
      if (children > before.children || descriptors > before.descriptors) return false;
      await sleep(300);
    }
    return true;
  };
  if (!(await within(15_000, same))) {
    const { names, open } = gateway.holds();
    const what = `children ${names} (before ${before.names}), descriptors ${JSON.stringify(open)} (before ${JSON.stringify(before.open)})`;
    return oracle.fail('O3', `something stayed open: ${what}`);
  }
  const after = await measure(gateway);
  const grown = { heap: after.memory.heap - before.memory.heap, rss: after.memory.rss - before.memory.rss };
  if (grown.heap > HEAP_MARGIN) oracle.fail('O3', `the heap grew by ${(grown.heap / MB).toFixed(1)} MB after a collection`);
  if (grown.rss > RSS_MARGIN) oracle.fail('O3', `the memory grew by ${(grown.rss / MB).toFixed(1)} MB after a collection`);
  return { after, grown };
}
