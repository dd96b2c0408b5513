import { type Caller, DEFAULT_PROFILE, LOCAL_PRINCIPAL } from '../../core/contract/caller.ts';
import { GatewayError } from '../../core/errors.ts';
import type { VisibleTool } from '../view/visible-tool.ts';

/** Why a tool that needs consent was not run. */
export type Refusal = 'declined' | 'dismissed' | 'unanswered' | 'unclear' | 'nobody';

/** The refusal of a call, in words a model can act on. `why` says more where there is more to say. */
export function denied(refusal: Refusal, tool: VisibleTool, caller: Caller, why = ''): GatewayError {
  const { name } = tool.entry;
  switch (refusal) {
    case 'declined':
      return new GatewayError('DENIED', 'User denied tool execution');
    case 'dismissed':
      return new GatewayError('DENIED', `The question whether ${name} may run was dismissed without an answer. The tool was not run.`, {
        fix: allowingFix(tool, caller),
      });
    case 'unanswered':
      return new GatewayError('DENIED', `Nobody answered whether ${name} may run, so it was not run. ${why}`.trimEnd(), {
        fix: `Call again and answer the question. ${allowingFix(tool, caller)}`,
      });
    case 'unclear':
      return new GatewayError('DENIED', `The answer to whether ${name} may run could not be understood, so it was not run.`, {
        fix: 'Call again and choose one of the answers offered.',
      });
    case 'nobody':
      return new GatewayError('DENIED', `${name} requires approval, and this client does not support elicitation.`, {
        fix: `Use a client that can ask (elicitation). ${allowingFix(tool, caller)}`,
      });
  }
}

/** How the owner can let a tool run without a question. */
export function allowingFix({ entry, approvalSource: ruledBy }: VisibleTool, { principal, profile }: Caller): string {
  const [place, key] = ruledBy === 'profile' ? ['profiles', [profile, entry.name]] : ['plugins', [entry.plugin.id, entry.tool.name]];
  const inFile = `"${place}": { ${JSON.stringify(key[0])}: { "approval": { ${JSON.stringify(key[1])}: "allow" } } } in mcp.json`;
  if (ruledBy !== 'format') return `Its owner can allow it: ${inFile}.`;
  const flags = `${profile === DEFAULT_PROFILE ? '' : ` --profile ${profile}`}${principal === LOCAL_PRINCIPAL ? '' : ` --principal ${principal}`}`;
  return `Its owner can allow it: ${inFile}, or the command: plugmux approvals allow ${entry.name}${flags}`;
}
