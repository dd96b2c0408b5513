import { randomUUID } from 'node:crypto';
import { draining } from '../../core/abort/stopping.ts';
import type { Caller } from '../../core/contract/caller.ts';
import type { Hints } from '../../core/contract/tool.ts';
import { GatewayError, unsent } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { toTimer } from '../../core/timer.ts';
import type { ApprovalSource } from '../../policy/policy.ts';
import type { Catalogue, ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { surfaceOf } from '../../registry/catalogue/surface.ts';
import type { Call } from '../call/call.ts';
import type { ApprovalPrompt, ApprovalPrompter, PersonAnswer } from './approvals.ts';
import type { Consent } from './consent-form.ts';
import { type ConsolePresence, createConsolePresence } from './console-presence.ts';
import { reportWaiting } from './report-waiting.ts';

/** The most calls that wait at once, in all and of one caller. */
const MAX_WAITING = 50;
const MAX_PER_CALLER = 5;

/** A call that waits for a person in the console. Times are milliseconds since 1970. Texts contain no secrets. */
export interface WaitingCall {
  readonly id: string;
  readonly since: number;
  readonly until: number;
  /** The name that the client reports; may be empty. */
  readonly client: string;
  readonly principal: string;
  readonly profile: string;
  readonly plugin: string;
  /** The public name. */
  readonly tool: string;
  readonly title: string;
  readonly hints: Hints;
  readonly ruledBy: ApprovalSource;
  /** `mcp.json:line:column` of the rule that asks, if it is in mcp.json. */
  readonly place: string | undefined;
  readonly arguments: JsonObject;
  /** The digest that an answer must repeat. */
  readonly shown: string;
  readonly preview: string | undefined;
  readonly offered: readonly Consent[];
}

/** An answer from the console, with the digest of the arguments that the person saw. */
export interface ConsoleAnswer {
  readonly answer: Consent | 'deny';
  readonly shown: string;
}

/** Called when a call begins to wait, and when it no longer waits, with the reason for the person. */
export interface QueueListener {
  waits(entry: WaitingCall): void;
  gone(id: string, why: string): void;
}

/** The calls that wait for a person in the console. */
export interface ApprovalQueue {
  readonly prompt: ApprovalPrompter;
  readonly presence: ConsolePresence;
  /** The oldest first. */
  waiting(): readonly WaitingCall[];
  /**
   * Answers a call for the person `who`. The first answer counts. Throws APPROVAL_GONE if the call no longer waits,
   * APPROVAL_CHANGED if its arguments or its tool differ from what was shown, INVALID_PARAMS for an answer that was not offered.
   */
  answer(id: string, given: ConsoleAnswer, who: string): void;
  /** Returns a function that removes the listener. */
  onChange(listener: QueueListener): () => void;
  /** Rejects all calls, because the gateway stops. */
  close(): void;
}

/** What the queue needs of the gateway. */
export interface QueueParts {
  readonly limits: { readonly askMs: number };
  readonly redactor: Redactor;
  catalogue(): Pick<Catalogue, 'tools'>;
  /** Where mcp.json has the approval rule of a tool. */
  placeOf(entry: ToolEntry, caller: Caller): string | undefined;
}

interface Entry {
  readonly shown: WaitingCall;
  readonly prompt: ApprovalPrompt;
  end(why: string, settle: (resolve: (answer: PersonAnswer) => void, reject: (error: unknown) => void) => void): void;
}

/** An empty queue; `now` is the time of day that is shown. */
export function createApprovalQueue({ limits, redactor, catalogue, placeOf }: QueueParts, now: () => number = Date.now): ApprovalQueue {
  const presence = createConsolePresence();
  const entries = new Map<string, Entry>();
  const listeners = new Set<QueueListener>();
  let isClosed = false;

  const refuseIfFull = (call: Call): void => {
    const share = shareOf(call);
    const own = [...entries.values()].filter(({ prompt }) => shareOf(prompt.call) === share).length;
    const [count, what] = own >= MAX_PER_CALLER ? [MAX_PER_CALLER, ' of this client'] : [MAX_WAITING, ''];
    if (own < MAX_PER_CALLER && entries.size < MAX_WAITING) return;
    throw new GatewayError('BUSY', `${count} calls${what} wait for approval in the console already.`, {
      fix: 'Answer them in the console, then call again.',
    });
  };

  const show = (prompt: ApprovalPrompt, waitMs: number): WaitingCall => {
    const { call, tool, args, shown, preview, offered } = prompt;
    const { name, plugin, tool: own } = tool.entry;
    const since = now();
    return {
      id: randomUUID(),
      since,
      until: since + waitMs,
      client: redactor.text(call.clientName),
      principal: call.caller.principal,
      profile: call.caller.profile,
      plugin: plugin.id,
      tool: name,
      title: own.title ?? name,
      hints: tool.hints ?? {},
      ruledBy: tool.approvalSource,
      place: placeOf(tool.entry, call.caller),
      arguments: redactor.texts(args) as JsonObject,
      shown,
      preview: preview === undefined ? undefined : redactor.text(preview),
      offered,
    };
  };

  const wait = (prompt: ApprovalPrompt, waitMs: number): Promise<PersonAnswer> =>
    new Promise((resolve, reject) => {
      const { call } = prompt;
      const shown = show(prompt, waitMs);
      const stopReporting = reportWaiting(call);
      const entry: Entry = {
        shown,
        prompt,
        end(why, settle) {
          if (!entries.delete(shown.id)) return;
          clearTimeout(timer);
          stopReporting();
          settle(resolve, reject);
          for (const listener of listeners) listener.gone(shown.id, why);
        },
      };
      const seconds = `${waitMs / 1000} s`;
      const timer = setTimeout(() => {
        const error = new GatewayError('ASK_FAILED', `No answer came from the console within ${seconds}.`);
        entry.end(`No answer within ${seconds}; nothing ran.`, (_, fail) => fail(error));
      }, toTimer(waitMs)).unref();
      entries.set(shown.id, entry);
      for (const listener of listeners) listener.waits(shown);
      const giveUp = (reason: unknown): void => entry.end('The client gave up; nothing ran.', (_, fail) => fail(unsent(reason)));
      call.onAbort(giveUp);
      call.onGone(() => giveUp(new GatewayError('CALL_CANCELLED', 'The client disconnected before a person had answered.')));
    });

  // A plugin may have changed or lost the tool, or a changed tool may be withheld by now.
  const isSameTool = ({ tool: { entry }, surface }: ApprovalPrompt): boolean => {
    const found = catalogue().tools.get(entry.name);
    return found !== undefined && [found, ...found.others].some((e) => e.plugin.id === entry.plugin.id && surfaceOf(e) === surface);
  };

  return {
    presence,
    prompt(prompt) {
      const { call } = prompt;
      const waitMs = Math.min(limits.askMs, call.waitMs ?? limits.askMs);
      if (waitMs <= 0 || !presence.isThere()) return undefined;
      if (isClosed) throw draining();
      if (call.aborted) throw unsent(call.reason);
      refuseIfFull(call);
      return wait(prompt, waitMs);
    },
    waiting: () => [...entries.values()].map(({ shown }) => shown),
    answer(id, { answer, shown }, who) {
      const entry = entries.get(id);
      if (!entry) throw new GatewayError('APPROVAL_GONE', 'This call no longer waits for an answer.');
      if (shown !== entry.shown.shown)
        throw new GatewayError('APPROVAL_CHANGED', `The arguments of this call of ${entry.shown.tool} are not the ones that were shown.`);
      if (answer !== 'deny' && !entry.shown.offered.includes(answer))
        throw new GatewayError('INVALID_PARAMS', `The answer "${answer}" is not offered for this call.`, { field: 'answer' });
      const by = `console:${who}`;
      if (answer === 'deny') return entry.end(`Denied by ${who}.`, (settle) => settle({ answer: 'declined', by }));
      if (!isSameTool(entry.prompt)) {
        const error = new GatewayError('APPROVAL_CHANGED', `${entry.shown.tool} has changed since this call was shown, so it was not run.`);
        entry.end('The tool has changed; nothing ran.', (_, fail) => fail(error));
        throw error;
      }
      entry.end(`Allowed by ${who}.`, (settle) => settle({ answer, by }));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      isClosed = true;
      for (const entry of [...entries.values()]) entry.end('The gateway stops; nothing ran.', (_, fail) => fail(draining()));
    },
  };
}

// Local programs have a caller object each, so every window counts for itself. Over HTTP a caller is a principal in a profile.
function shareOf({ caller }: Call): unknown {
  const isLocal = caller.login === undefined && caller.anonymous !== true;
  return isLocal ? caller : `${caller.profile}\n${caller.principal}`;
}
