import type { Adapter } from '../../../dist/src/core/contract/adapter.js';
import type { MemberSpec } from '../../../dist/src/core/contract/member.js';
import { channelTemplates, otherAnswers } from './channel-messages.ts';
import { batch, Peer } from './channel-peer.ts';
import { CANARY_ALONE, inPipes, openFuzzApp } from './fuzz-app.ts';
import type { Template } from './messages.ts';
import { Oracle } from './oracle.ts';

/** The parts of a plugin format that are needed to simulate a plugin of it. */
export interface Format {
  readonly adapter: Adapter;
  /** The runtime's report of a plugin with one tool, `run`. */
  report(id: string): object;
  /** The runtime's requests to the adapter. */
  readonly consults: readonly Template[];
  /** The files of a plugin, and its entry in mcp.json. */
  files(id: string): Readonly<Record<string, string>>;
  entry(id: string): object;
  /** The public name of the tool. */
  toolOf(id: string): string;
}

const EACH = 3;
const CANARY = 'canary';

/** Sends messages to the gateway over the channels of simulated processes of some formats; the first format is also the canary's. */
export async function fuzzChannel(formats: readonly [Format, ...Format[]], messages: number): Promise<{ summary: string; codes: number }> {
  const oracle = new Oracle([]);
  const peers = new Map<string, Peer>();
  const files: Record<string, string> = {};
  const plugins: Record<string, object> = {};
  const tools = new Map<string, string>();
  const add = (format: Format, id: string, odd: boolean): Peer => {
    const report = format.report(id);
    const peer = new Peer(id, report, odd ? channelTemplates(report, format.consults) : [], { answers: odd ? otherAnswers(report) : [] });
    peers.set(id, peer);
    Object.assign(files, format.files(id));
    plugins[id] = { approval: 'allow', ...format.entry(id) };
    tools.set(id, format.toolOf(id));
    return peer;
  };
  add(formats[0], CANARY, false);
  const odd = formats.flatMap((format, at) =>
    Array.from({ length: EACH }, (_, i) => add(format, `${String.fromCharCode(97 + at)}${i}`, true)),
  );

  const script = ({ id }: MemberSpec) => (peers.get(id) as Peer).script;
  const adapters = formats.map(({ adapter }) => inPipes(adapter, script));
  const app = await openFuzzApp(adapters, { plugins, ...CANARY_ALONE }, files, oracle);
  const toolOf = (id: string): string => tools.get(id) as string;
  oracle.sing(() => app.call(toolOf(CANARY), 'calm'));
  await batch({ peers: odd, toolOf, messages, app, oracle });
  return { summary: await oracle.read(), codes: oracle.codes.size };
}
