import { GatewayError } from '../../../src/core/errors.ts';
import type { Checks } from '../dropped.ts';
import type { InFlight } from './in-flight.ts';
import { idOf } from './messages.ts';
import type { MessageSink } from './reading-fetch.ts';
import type { SharedTransport } from './shared-transport.ts';

/** Hands to a link what its transport does not hand over itself. */
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
        link.fail(
          request,
          new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server answered with messages that are not the reply to the request.'),
        );
    }),
    // A server that lets go of a call's stream wants the client behind it to come back for the answer, too.
    ended: guard.callback((request) => calls.of(request)?.detach()),
  };
}
