import { GatewayError } from '../../../src/core/errors.ts';
import type { Checks } from '../dropped.ts';
import type { InFlight } from './in-flight.ts';
import { idOf } from './messages.ts';
import type { MessageSink } from './reading-fetch.ts';
import type { SharedTransport } from './shared-transport.ts';

/** Passes messages from a reading fetch to the shared transport. */
export function createSink(link: SharedTransport, calls: InFlight, { guard, dropped }: Checks): MessageSink {
  return {
    take(message, request) {
      let left: unknown;
      guard.callback(() => {
        left = link.take(message, request);
      })();
      return left;
    },
    lost: guard.callback((error, head, tail, request) => {
      const id = request ?? idOf(head, tail);
      if (id !== undefined && link.waits(id)) link.fail(id, error);
      else dropped.add(error.code === 'RESULT_TOO_LARGE' ? 'a message over the limit' : 'a message that is not JSON');
    }),
    answered: guard.callback((request) => {
      if (link.waits(request))
        link.fail(request, new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server responded without a reply to the request.'));
    }),
    // If a server closes a call's stream for resumption, the gateway closes its own client's stream too.
    ended: guard.callback((request) => calls.of(request)?.detach()),
  };
}
