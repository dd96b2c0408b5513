/** How far a call got: not sent to the tool, sent without a reply, or replied with an invalid result. */
export type CallOutcome = 'NOT_SENT' | 'SENT_NO_REPLY' | 'REPLIED_INVALID';

/** How a call ended, in the words of the audit log. */
export type CallEnd = 'ok' | 'error' | 'refused' | 'cancelled';

/** Description of one error code. */
export interface CodeInfo {
  readonly meaning: string;
  readonly fix: string;
  readonly outcome?: CallOutcome;
  /** The fix if no call was in flight. */
  readonly idleFix?: string;
}
