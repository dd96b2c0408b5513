import { type Caller, DEFAULT_PROFILE, LOCAL_PRINCIPAL } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import type { VisibleTool } from '../view/visible-tool.ts';

/** Why a tool that requires approval was not run. */
export type Refusal = 'declined' | 'dismissed' | 'unanswered' | 'unclear';

/** The error for a call without approval. `why` adds a detail to 'unanswered'; `by`: who refused in place of the client's user. */
export function denied(
  refusal: Refusal,
  tool: VisibleTool,
  caller: Caller,
  { why = '', by }: { why?: string; by?: string | undefined } = {},
): GatewayError {
  const { name } = tool.entry;
  switch (refusal) {
    case 'declined':
      return new GatewayError('DENIED', 'User denied tool execution', { consent: refusal, by });
    case 'dismissed':
      return new GatewayError('DENIED', `The question whether to run ${name} was dismissed without an answer, so it was not run.`, {
        consent: refusal,
        by,
        fix: allowingFix(tool, caller),
      });
    case 'unanswered':
      return new GatewayError('DENIED', `The question whether to run ${name} was not answered, so it was not run. ${why}`.trimEnd(), {
        fix: `Call again and answer the question. ${allowingFix(tool, caller)}`,
      });
    case 'unclear':
      return new GatewayError('DENIED', `The question whether to run ${name} got an invalid answer, so it was not run.`, {
        fix: 'Call again and choose one of the offered answers.',
      });
  }
}

/** Whether a console could ask: it is served, but this request does not wait for an answer from it; or there is none. */
export type ConsoleOffer = 'served' | 'not-waited-for' | 'none';

const ASK_OTHERWISE: Readonly<Record<ConsoleOffer, string>> = {
  served: 'Use a client that supports elicitation, or open the console.',
  'not-waited-for': 'Open the console and call again with the header "Prefer: wait=60", or use an MCP client that supports elicitation.',
  none: 'Use a client that supports elicitation.',
};

/** The error for a call that requires approval when no person can be asked. */
export function cannotAsk(tool: VisibleTool, caller: Caller, console: ConsoleOffer): GatewayError {
  return new GatewayError('DENIED', `${tool.entry.name} requires approval, and this client does not support elicitation.`, {
    fix: `${ASK_OTHERWISE[console]} ${allowingFix(tool, caller)}`,
  });
}

/** How the owner of the gateway can allow a tool without a question. */
export function allowingFix({ entry, approvalSource }: VisibleTool, { principal, profile }: Caller): string {
  const [place, key] = approvalSource === 'profile' ? ['profiles', [profile, entry.name]] : ['plugins', [entry.plugin.id, entry.tool.name]];
  const inFile = `"${place}": { ${JSON.stringify(key[0])}: { "approval": { ${JSON.stringify(key[1])}: "allow" } } } in mcp.json`;
  if (approvalSource !== 'format') return `The owner of the gateway can allow it: ${inFile}.`;
  const flags = `${profile === DEFAULT_PROFILE ? '' : ` --profile ${profile}`}${principal === LOCAL_PRINCIPAL ? '' : ` --principal ${principal}`}`;
  return `The owner of the gateway can allow it: ${inFile}, or the command: plugmux approvals allow ${entry.name}${flags}`;
}
