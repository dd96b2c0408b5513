import { within } from '../world/processes.mjs';

const MB = 1024 * 1024;
/** Memory that garbage collection cannot free at once: bounded caches, and code compiled meanwhile. */
const HEAP_MARGIN = 5 * MB;
const RSS_MARGIN = 48 * MB;
const SETTLE_MS = 60_000;

/** The resources of an idle gateway. */
export async function measure(gateway) {
  const { children, descriptors, open } = gateway.holds();
  const { sessions, sse, websocket, connections, replies, calls } = await gateway.status();
  return { children, descriptors, open, sessions, sse, websocket, connections, calls, replies, memory: await gateway.memory() };
}

/** Waits until the gateway is idle, and stays so for a moment; reports the remaining activity on a timeout. */
export async function settled({ gateway, world }, ms = SETTLE_MS) {
  let why = '';
  let looks = 0;
  const quiet = await within(ms, async () => {
    const { sessions, sse, websocket, connections, calls, replies, plugins } = await gateway.status();
    const owed = replies.accepted - replies.sent - replies.cancelled;
    const busy = Object.entries(plugins).filter(([, state]) => state !== 'ready');
    const { children, names } = gateway.holds();
    why = JSON.stringify({ sessions, sse, websocket, connections, calls, owed, busy, names });
    // This request is the one connection; each group has its process, and the orphan reaper is one more.
    const still = sessions + sse + websocket + calls + owed === 0 && connections <= 1 && busy.length === 0 && children === world.groups + 1;
    looks = still ? looks + 1 : 0;
    return looks >= 20;
  });
  return quiet ? undefined : why;
}

/** Compares an idle gateway with its state before the run: nothing may have leaked. */
export async function compare(gateway, before, oracle) {
  const same = () => gateway.holds().descriptors <= before.descriptors;
  if (!(await within(15_000, same))) {
    const { open } = gateway.holds();
    return oracle.fail('O3', `descriptors stayed open: ${JSON.stringify(open)}, before ${JSON.stringify(before.open)}`);
  }
  const after = await measure(gateway);
  const grown = { heap: after.memory.heap - before.memory.heap, rss: after.memory.rss - before.memory.rss };
  if (grown.heap > HEAP_MARGIN) oracle.fail('O3', `the heap grew by ${(grown.heap / MB).toFixed(1)} MB after a collection`);
  if (grown.rss > RSS_MARGIN) oracle.fail('O3', `the memory grew by ${(grown.rss / MB).toFixed(1)} MB after a collection`);
  return { after, grown };
}
