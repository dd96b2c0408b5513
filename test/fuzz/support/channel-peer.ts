import { setTimeout as sleep } from 'node:timers/promises';
import type { Script } from './fake-process.ts';
import { fill, mutated, SEED, type Template } from './messages.ts';
import type { Answer, Oracle } from './oracle.ts';

const BACK_MS = 30_000;
/** A start in progress must not be interrupted again. */
const START_MS = 300;
const ODD_EVERY = 20;
/** Error codes of a call that did not reach its process. */
const NOT_THERE = ['PLUGIN_UNAVAILABLE', 'UNKNOWN_TOOL', 'BUSY', 'DRAINING', 'DENIED'];

function* answersOf(templates: readonly Template[]): Generator<string> {
  for (let seed = SEED; ; seed++)
    for (const text of mutated(templates, 500, seed)) {
      const found = answerIn(text);
      if (found !== undefined) yield found;
    }
}

// Replies are stored by id, so only JSON can be one.
function answerIn(text: string): string | undefined {
  try {
    return JSON.stringify((JSON.parse(text) as { result?: unknown }).result);
  } catch {
    return undefined;
  }
}

/** A peer that sends the one message it is loaded with when its tool is called next. */
export interface Sender {
  readonly id: string;
  /** The messages of a batch. */
  messages(count: number, seed: number): Iterable<string>;
  load(line: string): void;
  /** Whether its message is still to be sent. */
  readonly loaded: boolean;
  /** Disconnects, so that it restarts and reports again. */
  startAgain(): void;
}

/** The script of one simulated process: correct except for the line that it sends with its next reply. */
export class Peer implements Sender {
  readonly id: string;
  readonly templates: readonly Template[];
  readonly #report: string;
  readonly #answers: Iterator<string>;
  // Its first start succeeds: a plugin that never served is not retried.
  #asked = -ODD_EVERY;
  #line: string | undefined;
  #say: (line: string) => void = () => undefined;
  /** Number of messages sent. */
  sent = 0;

  /** `answers`: its replies to everything except calls, sometimes with a changed field. */
  constructor(id: string, report: object, templates: readonly Template[], { answers = [] }: { answers?: readonly Template[] } = {}) {
    this.id = id;
    this.templates = templates;
    this.#report = JSON.stringify(report);
    this.#answers = answers.length === 0 ? [][Symbol.iterator]() : answersOf(answers);
  }

  readonly script: Script = (method, _, id, say) => {
    this.#say = say;
    switch (method) {
      case 'hello':
        return this.#odd() ?? '{"protocol":1}';
      case 'load':
      case 'initialize':
        return this.#odd() ?? this.#report;
      case 'call': {
        const line = this.#line;
        this.#line = undefined;
        if (line !== undefined) {
          this.sent++;
          say(fill(line, { PLUGIN: this.id, CALL: id, ID: 1000 + this.sent }));
        }
        return '{"content":[{"type":"text","text":"fine"}]}';
      }
      case 'request':
        return this.#odd() ?? 'null';
      default:
        return '{}';
    }
  };

  #odd(): string | undefined {
    return ++this.#asked % ODD_EVERY === 0 ? (this.#answers.next().value as string | undefined) : undefined;
  }

  messages(count: number, seed: number): Iterable<string> {
    return mutated(this.templates, count, seed);
  }

  load(line: string): void {
    this.#line = line;
  }

  get loaded(): boolean {
    return this.#line !== undefined;
  }

  /** Disconnects, so that it restarts and reports again. */
  startAgain(): void {
    this.#say('not a message');
  }
}

/** The settings of a batch. */
export interface Batch {
  readonly peers: readonly Sender[];
  /** The public name of a peer's tool. */
  readonly toolOf: (id: string) => string;
  readonly messages: number;
  readonly app: { call(name: string): Promise<Answer> };
  readonly oracle: Oracle;
}

/** Sends messages, each during a call; a message that did not reach the gateway is sent again. */
export async function batch({ peers, toolOf, messages, app, oracle }: Batch): Promise<void> {
  const share = Math.ceil(messages / peers.length);
  const warmUp = Math.min(50, share);
  const run = async (peer: Sender, lines: Iterable<string>): Promise<void> => {
    for (const line of lines) {
      if (oracle.isBroken) return;
      oracle.last.set(peer.id, `${peer.id} ${line}`);
      peer.load(line);
      const until = performance.now() + BACK_MS;
      let again = 0;
      while (peer.loaded && !oracle.isBroken) {
        const result = await oracle.owe(`a call of ${peer.id}`, app.call(toolOf(peer.id)));
        const code = result && oracle.inspect(result);
        if (!peer.loaded) break;
        if (performance.now() > until)
          return oracle.fail('O5', `${peer.id} never came back, the last answer was ${JSON.stringify(result)}`);
        // Its last report may have removed its tool.
        if ((code === 'UNKNOWN_TOOL' || code === undefined) && performance.now() - again > START_MS) {
          again = performance.now();
          peer.startAgain();
        }
        if (code === undefined || NOT_THERE.includes(code)) await sleep(1);
      }
    }
  };
  const each = (count: number, seed: number): Promise<unknown> =>
    Promise.all(peers.map((peer, i) => run(peer, peer.messages(count, seed + i * 1_000_003))));
  await each(warmUp, SEED + 1);
  oracle.rest();
  await each(share, SEED);
}
