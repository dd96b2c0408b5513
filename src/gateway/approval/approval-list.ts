import type { Caller } from '../../core/contract/caller.ts';
import type { Approval } from '../../core/contract/tool.ts';
import { type Grants, toGrantKey } from '../../policy/grants.ts';
import type { ApprovalSource } from '../../policy/policy.ts';
import type { PromptEntry } from '../../registry/catalogue/catalogue.ts';
import { surfaceOf } from '../../registry/catalogue/surface.ts';
import { GATEWAY_MANIFEST } from '../../registry/gateway-manifest.ts';
import type { View } from '../view/view.ts';

/** The approval of one tool. */
export interface ApprovalStatus {
  readonly tool: string;
  readonly approval: Approval;
  readonly ruledBy: ApprovalSource;
  /** Whether a user has allowed it permanently. */
  readonly granted: boolean;
}

/** The approvals of all tools that a caller sees. */
export function listApprovals({ tools }: View, caller: Caller, grants: Grants): ApprovalStatus[] {
  return [...tools.values()].map(({ entry, approval, approvalSource }) => ({
    tool: entry.name,
    approval,
    ruledBy: approvalSource,
    granted: approval === 'required' && approvalSource === 'format' && grants.has(toGrantKey(caller, entry), surfaceOf(entry)),
  }));
}

/** The list as text, with instructions for changing it. */
export function describeApprovals(list: readonly ApprovalStatus[], profile: string): string {
  const asked = list.filter(({ approval, granted }) => approval === 'required' && !granted);
  const groups: [string, readonly ApprovalStatus[]][] = [
    ['Run without a question', list.filter(({ approval }) => approval === 'auto')],
    ['Run without a question because a user allowed them permanently', list.filter(({ granted }) => granted)],
    ['plugmux asks the user before each call', asked],
    ["Left to the client's own confirmation", list.filter(({ approval }) => approval === 'client')],
  ];
  const lines = groups.flatMap(([title, tools]) =>
    tools.length === 0 ? [] : [`${title} (${tools.length}):`, ...tools.map(({ tool, ruledBy }) => `- ${tool}${REASONS[ruledBy]}`), ''],
  );
  return [`Approvals in the profile ${profile}`, '', ...lines, ...HOW].join('\n');
}

const REASONS: Readonly<Record<ApprovalSource, string>> = {
  format: '',
  plugin: ' (set for its plugin)',
  profile: ' (set for this profile)',
};

const HOW = [
  'To change this, the owner of this gateway sets "approval": "allow" | "ask" | "deny", or a map by tool name, in mcp.json under',
  '"plugins": { "<plugin>": … } or, with precedence, under "profiles": { "<profile>": … }. A tool without such a rule can also be',
  'allowed permanently with `plugmux approvals allow <tool>`; `plugmux approvals forget <tool>` revokes that. The questions of the',
  'client itself are configured in the client: `plugmux export <client>` prints its allow-list.',
];

/** The prompt that lists the approvals of a caller's tools. */
export function approvalsPrompt(list: (caller: Caller) => readonly ApprovalStatus[]): PromptEntry {
  const description = 'Which tools run without a question, which require approval, and how to change that';
  return {
    name: 'approvals',
    plugin: GATEWAY_MANIFEST,
    prompt: {
      name: 'approvals',
      title: 'Approvals',
      description,
      get: async (_, { caller }) => ({
        description,
        messages: [{ role: 'user', content: { type: 'text', text: describeApprovals(list(caller), caller.profile) } }],
      }),
    },
  };
}
