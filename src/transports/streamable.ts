import type { Limits } from '../config/limits.ts';
import type { Engine } from '../mcp/engine.ts';
import { acceptJson, accepts, readBody } from './body.ts';
import type { Edge } from './edge/edge.ts';
import { HttpError } from './edge/http-error.ts';
import type { InFlight } from './edge/in-flight.ts';
import { HttpReply } from './reply.ts';
import type { Exchange, Route } from './router.ts';

/** Streamable HTTP: POST for messages of both eras, GET for a session's standalone stream, DELETE to end a session. */
export function streamableRoute(engine: Engine, limits: Limits, inFlight: InFlight, streams: InFlight, edge: Edge): Route {
  const post = (exchange: Exchange): void => {
    const { request, response, caller } = exchange;
    acceptJson(request);
    if (!accepts(request.headers.accept, ['application/json', 'text/event-stream'])) {
      throw new HttpError(406, 'NOT_ACCEPTABLE', 'The client accepts neither JSON nor an event stream.');
    }
    readBody(exchange, limits.messageBytes, (body) => {
      const reply = new HttpReply(response, limits, edge);
      const pending = engine.streamable.post(engine.read(body), request.headers, caller, reply);
      if (reply.done) return;
      inFlight.follow(caller, request, response, pending, () => {
        if (reply.done) return;
        reply.close();
        pending.gone();
      });
    });
  };

  return {
    POST: post,
    GET({ request, response, caller }) {
      if (!accepts(request.headers.accept, ['text/event-stream'])) {
        throw new HttpError(406, 'NOT_ACCEPTABLE', 'The client does not accept an event stream.');
      }
      const reply = new HttpReply(response, limits);
      const gone = engine.streamable.open(request.headers, caller, reply);
      if (reply.done) return;
      reply.open();
      const end = (): void => {
        reply.close();
        gone();
      };
      streams.follow(caller, request, response, { gone, interrupt: end, revoke: () => reply.cut(), isOf: () => false }, end);
    },
    DELETE({ request, response, caller }) {
      engine.streamable.end(request.headers, caller, new HttpReply(response, limits));
    },
  };
}
