import type { Hints, ToolApproval } from '../../api/tool-types.ts';

/** Hints of a tool in words. What the format did not say is left out. */
export function hintWords({ readOnly, destructive, idempotent, openWorld }: Hints): readonly string[] {
  return [
    readOnly === true && 'only reads',
    destructive === true && readOnly !== true && 'can delete',
    idempotent === true && readOnly !== true && 'same result twice',
    openWorld === true && 'can reach the network',
  ].filter((words) => words !== false);
}

export const APPROVAL_WORDS: { readonly [approval in ToolApproval]: string } = {
  never: 'runs without a question',
  client: 'the client asks',
  required: 'asks you',
};

export const PIN_WORDS = {
  none: '',
  same: 'as in the lock file',
  accepted: 'accepted since the lock file',
  new: 'withheld: new',
  changed: 'withheld: changed',
} as const;
