import { join } from 'node:path';
import { parse } from 'smol-toml';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { type Folder, fileAt, shown } from '../folder.ts';
import type { ToolRule } from '../format.ts';
import { readText } from '../read/json-file.ts';
import { listFiles } from './paths.ts';

/** The rules of `policies/*.toml` that ask or deny; the CLI ignores those of an extension that allow, too. */
export function readPolicies(folder: Folder): ToolRule[] {
  const dir = fileAt(folder, 'policies');
  if (dir === undefined) return [];
  return listFiles(join(dir), folder, '.toml').flatMap(({ path }) => {
    const name = shown(folder, path);
    let rules: unknown;
    try {
      ({ rule: rules } = parse(readText(folder.root, path)));
    } catch (error) {
      folder.report({
        code: 'MANIFEST_INVALID',
        subject: name,
        message: `${name}: the policy is not read: ${(error as Error).message.split('\n')[0]}`,
      });
      return [];
    }
    return (Array.isArray(rules) ? rules : []).filter(isJsonObject).flatMap((rule) => toRules(rule, name, folder));
  });
}

function toRules(
  { toolName, mcpName, decision, argsPattern, commandPrefix, modes }: Record<string, unknown>,
  file: string,
  { report }: Folder,
): ToolRule[] {
  const names = (Array.isArray(toolName) ? toolName : [toolName ?? '*']).filter((one) => typeof one === 'string');
  const word = decision === 'deny' ? 'deny' : decision === 'ask_user' ? 'ask' : undefined;
  if (word === undefined) {
    report({
      subject: file,
      message: `${file}: a rule with the decision ${JSON.stringify(decision ?? null)} is ignored: an extension can only ask or deny.`,
    });
    return [];
  }
  // A rule for some calls becomes a question for all of them: stricter, never looser.
  const isPart = argsPattern !== undefined || commandPrefix !== undefined || modes !== undefined;
  const server = typeof mcpName === 'string' && mcpName !== '*' ? { server: mcpName } : {};
  if (typeof mcpName !== 'string' && names.every((one) => !one.startsWith('mcp_'))) return [];
  return names.map((tool) => ({ ...server, tool, decision: isPart ? 'ask' : word }));
}
