import type { Waiting } from './tool-types.ts';
import type { CallLine, Card, Client, JsonMap, LogLine, TallySlot } from './types.ts';

/** Messages of the live channel, sent as arrays. */
export type LiveMessage =
  | { readonly type: 'hello'; readonly revision: string }
  | { readonly type: 'plugin'; readonly card: Card }
  | { readonly type: 'plugin.gone'; readonly id: string }
  | { readonly type: 'tools'; readonly revision: string }
  | { readonly type: 'call'; readonly call: CallLine }
  | { readonly type: 'calls.skipped'; readonly n: number }
  | { readonly type: 'tally'; readonly second: TallySlot }
  | { readonly type: 'approval'; readonly entry: Waiting }
  | { readonly type: 'approval.gone'; readonly id: string; readonly why: string }
  | { readonly type: 'log'; readonly area: string; readonly lines: readonly LogLine[] }
  | { readonly type: 'client'; readonly client: Client }
  | { readonly type: 'client.gone'; readonly id: string }
  | { readonly type: 'change'; readonly n: number }
  | {
      readonly type: 'try';
      readonly id: string;
      readonly progress?: { readonly progress: number; readonly total?: number; readonly message?: string };
      readonly question?: JsonMap;
    }
  | { readonly type: 'warning'; readonly text: string }
  | { readonly type: 'resync' }
  | { readonly type: 'bye'; readonly why: string };

/** Messages of the page: the first one logs in, later ones change the topics, answer questions and report that the page is used. */
export type PageMessage =
  | {
      readonly type: 'start';
      readonly key: string;
      readonly revision?: string;
      readonly want: readonly string[];
      readonly notices?: boolean;
    }
  | { readonly type: 'want'; readonly want: readonly string[] }
  | { readonly type: 'used'; readonly visible: boolean; readonly notices: boolean }
  | { readonly type: 'answer'; readonly id: string; readonly answer: JsonMap };
