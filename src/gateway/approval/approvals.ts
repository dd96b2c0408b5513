import { hash } from 'node:crypto';
import type { Question } from '../../core/contract/question.ts';
import { GatewayError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import type { JsonObject, JsonValue } from '../../core/json/json.ts';
import type { Redactor } from '../../core/secrets/redact.ts';
import { type GrantKey, type Grants, toGrantKey } from '../../policy/grants.ts';
import type { Tickets } from '../../policy/tickets.ts';
import type { ToolEntry } from '../../registry/catalogue/catalogue.ts';
import { surfaceOf } from '../../registry/catalogue/surface.ts';
import type { Call } from '../call/call.ts';
import { argumentsFor } from '../call/numbers.ts';
import type { VisibleTool } from '../view/visible-tool.ts';
import { cannotAsk, denied } from './approval-texts.ts';
import { type Answer, type Consent, readAnswer, toForm } from './consent-form.ts';
import { createSessionGrants } from './session-grants.ts';

/** A call that needs a person's approval, and what the person is shown. */
export interface ApprovalPrompt {
  readonly call: Call;
  readonly tool: VisibleTool;
  /** The arguments that the tool would run with. */
  readonly args: JsonObject;
  /** Their digest. An answer counts only for the arguments that were shown. */
  readonly shown: string;
  /** The digest of the tool as the model sees it. */
  readonly surface: string;
  readonly offered: readonly Consent[];
  /** The plugin's description of the call. */
  readonly preview: string | undefined;
  /** The question as a form. */
  readonly question: () => Question;
  /** For a stateless client; issued at most once, and only if it is needed. */
  readonly ticket: () => string;
}

/** A person's answer; `by` names a person who did not answer through the client. */
export interface PersonAnswer {
  readonly answer: Answer;
  readonly by?: string;
}

/** Asks a person for approval. Returns undefined if there is no way to ask. */
export type ApprovalPrompter = (request: ApprovalPrompt) => Promise<PersonAnswer> | undefined;

/** An approval, now or earlier. */
export interface Approved {
  readonly consent: Consent;
  readonly by?: string | undefined;
}

/** The answer that came with a ticket, to a question of an earlier call. */
export interface Returned {
  readonly shown: string;
  readonly answer: JsonValue | undefined;
}

/** A call that requires approval: the client's arguments, and those that the tool would run with. */
export interface ApprovalRequest {
  readonly tool: VisibleTool;
  readonly sent: JsonObject;
  readonly args: JsonObject;
  readonly call: Call;
  readonly returned: Returned | undefined;
}

/** Asks users for approval of calls, and stores their answers. */
export interface Approvals {
  /** Redeems the ticket of a call, if it has one. Throws INVALID_PARAMS if the ticket is not valid for this call. */
  redeem(tool: VisibleTool, sent: JsonObject, call: Call): Returned | undefined;
  /**
   * Settles once the user has approved, now or earlier; undefined if the call needs no approval after all. Rejects with
   * DENIED, at once if no prompter can ask.
   */
  obtain(about: ApprovalRequest): Promise<Approved | undefined>;
}

const KEY = 'approval';

/** Asks through the client, if it supports forms. */
export const promptClient: ApprovalPrompter = ({ call, question, offered, ticket }) => {
  if (!call.answerableKinds.includes('form')) return undefined;
  return call.ask({ [KEY]: question() }, ticket).then((answers) => ({ answer: readAnswer(answers[KEY], offered) }));
};

/** `prompters` are tried in order, until one can ask. `hasConsole`: whether an administrator could open a console that asks. */
export function createApprovals(
  tickets: Tickets,
  grants: Grants,
  redactor: Redactor,
  prompters: readonly ApprovalPrompter[],
  hasConsole: () => boolean = () => false,
): Approvals {
  const session = createSessionGrants();

  // The operator's "ask" takes precedence over permanent grants.
  const remembered = ({ tool, call }: ApprovalRequest, key: GrantKey, surface: string): Consent | undefined => {
    if (!call.stateless && session.has(call.session, key, surface)) return 'session';
    return tool.approvalSource === 'format' && grants.has(key, surface) ? 'always' : undefined;
  };

  const ask = async (
    { tool, args, call }: ApprovalRequest,
    offered: readonly Consent[],
    surface: string,
    subject: string,
    preview?: string,
  ): Promise<PersonAnswer> => {
    let ticket: string | undefined;
    const shown = digest(args);
    const request: ApprovalPrompt = {
      call,
      tool,
      args,
      shown,
      surface,
      offered,
      preview,
      question: () => toForm(tool.entry, args, offered, preview, redactor.text),
      ticket: () => {
        ticket ??= tickets.issue({ subject, shown });
        return ticket;
      },
    };
    for (const prompter of prompters) {
      const pending = prompter(request);
      if (!pending) continue;
      const answer = await pending.catch((error: unknown) => {
        if (error instanceof GatewayError && error.code === 'ASK_FAILED')
          throw denied('unanswered', tool, call.caller, { why: error.message });
        throw error;
      });
      if (ticket !== undefined) tickets.redeem(ticket, subject);
      return answer;
    }
    throw cannotAsk(tool, call.caller, hasConsole() ? (call.waitMs === 0 ? 'not-waited-for' : 'served') : 'none');
  };

  return {
    redeem({ entry }, sent, call) {
      const { returned } = call;
      if (!returned) return undefined;
      return { shown: tickets.redeem(returned.ticket, subjectOf(entry, sent, call)), answer: returned.answers[KEY] };
    },
    async obtain(about) {
      const { tool, sent, args, call, returned } = about;
      const { entry } = tool;
      grants.refuseUnusable();
      const surface = surfaceOf(entry);
      const key = toGrantKey(call.caller, entry);
      const known = remembered(about, key, surface);
      if (known) return { consent: known };
      const offered: Consent[] = [
        'once',
        ...(call.stateless ? [] : ['session' as const]),
        ...(tool.approvalSource === 'format' ? ['always' as const] : []),
      ];
      // The answer is valid only for the arguments that were shown: if a guard has changed them since, the user is asked again.
      const given = returned?.shown === digest(args) ? readAnswer(returned.answer, offered) : undefined;
      const preview = given ? undefined : await entry.tool.preview?.(argumentsFor(entry.tool, args));
      if (preview?.pointless) return undefined;
      const { answer, by }: PersonAnswer = given
        ? { answer: given }
        : await ask(about, offered, surface, subjectOf(entry, sent, call), preview?.text);
      if (answer === undefined) throw denied('unclear', tool, call.caller);
      if (answer === 'declined' || answer === 'dismissed') throw denied(answer, tool, call.caller, { by });
      if (answer === 'session') session.add(call.session, key, surface);
      if (answer === 'always') grants.add(key, surface);
      return { consent: answer, by };
    },
  };
}

// A ticket is bound to the caller, the tool in its current form, and the client's arguments.
function subjectOf(entry: ToolEntry, sent: JsonObject, { caller }: Call): string {
  return canonicalJson([
    caller.principal,
    caller.profile,
    caller.login ?? '',
    entry.plugin.id,
    entry.tool.name,
    surfaceOf(entry),
    digest(sent),
  ]);
}

function digest(args: JsonObject): string {
  return hash('sha256', canonicalJson(args), 'base64url');
}
