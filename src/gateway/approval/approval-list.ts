import type { Caller } from '../../core/contract/caller.ts';
import type { Approval } from '../../core/contract/tool.ts';
import { type Grants, toGrantKey } from '../../policy/grants.ts';
import type { ApprovalSource } from '../../policy/policy.ts';
import type { PromptEntry } from '../../registry/catalogue/catalogue.ts';
import { GATEWAY_MANIFEST } from '../../registry/gateway-manifest.ts';
import { surfaceOf } from '../audit/audit-fields.ts';
import type { View } from '../view/view.ts';

/** How one tool stands with approval. */
export interface ApprovalStatus {
  readonly tool: string;
  readonly approval: Approval;
  readonly ruledBy: ApprovalSource;
  /** A person has allowed it for good. */
  readonly granted: boolean;
}

/** How every tool that a caller sees stands with approval. */
export function listApprovals({ tools }: View, caller: Caller, grants: Grants): ApprovalStatus[] {
  return [...tools.values()].map(({ entry, approval, approvalSource }) => ({
    tool: entry.name,
    approval,
    ruledBy: approvalSource,
    granted: approval === 'required' && approvalSource === 'format' && grants.has(toGrantKey(caller, entry), surfaceOf(entry)),
  }));
}

/** The same in words, with how to change it. */
export function describeApprovals(list: readonly ApprovalStatus[], profile: string): string {
  const asked = list.filter(({ approval, granted }) => approval === 'required' && !granted);
  const groups: [string, readonly ApprovalStatus[]][] = [
    ['Run without a question', list.filter(({ approval }) => approval === 'auto')],
    ['Run without a question because a person has allowed them for good', list.filter(({ granted }) => granted)],
    ['plugmux asks a person before each call', asked],
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
  'To change it, the owner of this gateway writes in mcp.json: "approval": "allow" | "ask" | "deny", or a map by tool name, under',
  '"plugins": { "<plugin>": … } or, stronger, under "profiles": { "<profile>": … }. What has no such rule can also be allowed for',
  'good with `plugmux approvals allow <tool>`, and taken back with `plugmux approvals forget <tool>`. What the client itself asks',
  'is set in the client: `plugmux export <client>` prints its allow-list.',
];

/** The prompt that tells a person what is asked and what is not. */
export function approvalsPrompt(list: (caller: Caller) => readonly ApprovalStatus[]): PromptEntry {
  const description = 'What runs without a question, what is asked, and how to change it';
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
