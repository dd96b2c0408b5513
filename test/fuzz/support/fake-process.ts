import { PassThrough } from 'node:stream';
import type { HostLimits } from '../../../dist/src/core/contract/host.js';
import type { JsonObject } from '../../../dist/src/core/json/json.js';
import { createLineSplitter } from '../../../dist/src/core/text/lines.js';
import { openProcessWorker } from '../../../dist/src/host/group/process-worker.js';
import type { WorkerEvents } from '../../../dist/src/host/group/worker.js';

/** The reply of a simulated process to a request of the gateway: a JSON text, or undefined for no reply. */
export type Script = (method: string, params: JsonObject, id: number, say: (line: string) => void) => string | undefined;

/** The worker of a simulated process: the gateway's reader and handlers over a pair of pipes, with a script at the other end. */
export function openFakeProcess(script: Script, limits: HostLimits, events: WorkerEvents): ReturnType<typeof openProcessWorker> {
  const [down, up, out] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let ended: (why: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => {
    ended = (why) => {
      for (const stream of [down, up, out]) stream.destroy();
      resolve(why);
    };
  });
  const say = (line: string): void => {
    if (!up.destroyed) up.write(`${line}\n`);
  };
  const hear = (line: Buffer): void => {
    const { id, method, params } = JSON.parse(line.toString()) as { id?: number; method?: string; params?: JsonObject };
    if (id === undefined || method === undefined) return;
    const answer = script(method, params ?? {}, id, say);
    if (answer !== undefined) say(`{"jsonrpc":"2.0","id":${id},"result":${answer}}`);
  };
  down.on('data', createLineSplitter(64 * 1024 * 1024, { line: hear, tooLong: () => undefined }));
  return openProcessWorker(
    {
      pid: undefined,
      exited: gone,
      output: { drain: () => undefined, feed: () => () => undefined, tail: () => [], admits: () => true },
      stream: (at) => (at === 3 ? down : at === 4 ? up : out),
      kill: (why) => ended(why),
      async stop(close) {
        close();
        ended('it was stopped');
      },
    },
    limits,
    events,
  );
}
