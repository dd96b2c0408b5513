import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import type { Problem } from '../../../src/core/contract/plugin.ts';
import type { EthosPackage } from './package-file.ts';

const SOURCES = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']);
const MAX_FILES = 2_000;
const MAX_FILE_SIZE = 512 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;

/** Result of scanning a plugin's sources. */
export interface ScanResult {
  readonly findings: readonly Finding[];
  /** The code registers a `before_tool_call` hook. */
  readonly guards: boolean;
  /** Changes with any scanned file. */
  readonly digest: string;
}

/** A pattern in the sources that the operator may want to know about. */
export interface Finding {
  readonly level: 'red' | 'yellow';
  readonly rule: string;
  /** File, relative to the plugin's folder, and line. */
  readonly at: string;
}

interface Rule {
  readonly level: Finding['level'];
  readonly name: string;
  readonly pattern: RegExp;
  /** Declared permission that makes the pattern expected. */
  readonly declared?: keyof EthosPackage['permissions'];
}

const RULES: readonly Rule[] = [
  {
    level: 'red',
    name: 'dynamic-code-exec',
    pattern: /\beval\s*\(|\bnew\s+Function\s*\(|\bvm\s*\.\s*run(?:InThisContext|InNewContext|InContext)\b/,
  },
  { level: 'red', name: 'shell-exec', pattern: /['"](?:node:)?child_process['"]/, declared: 'shell' },
  {
    level: 'red',
    name: 'credential-access',
    pattern: /\.(?:ssh|aws|gnupg|netrc|npmrc|kube)\b\/?['"/]|process\.env(?:\.|\[['"])[A-Z0-9_]*(?:_KEY|_TOKEN|_SECRET|_PASSWORD)\b/,
  },
  {
    level: 'red',
    name: 'fs-write-outside-safe-path',
    pattern: /\b(?:writeFile|appendFile|createWriteStream|rm|unlink|mkdir)(?:Sync)?\s*\(\s*['"`](?:\/|~\/|\.\.\/)/,
    declared: 'filesystem',
  },
  {
    level: 'yellow',
    name: 'network-access',
    pattern: /\bfetch\s*\(|['"](?:node:)?(?:https?|net|tls|dgram|http2)['"]|\bnew\s+WebSocket\s*\(/,
    declared: 'network',
  },
  {
    level: 'yellow',
    name: 'exfil-shape',
    pattern: /\bfetch\s*\([^)]*\b(?:readFileSync|process\.env)\b|JSON\.stringify\s*\(\s*process\.env\s*\)/,
  },
];

const GUARD = /registerModifyingHook\s*(?:<[^>]*>)?\s*\(\s*['"`]before_tool_call['"`]/;

/** Scans the source files of a plugin outside node_modules. Only reports, never blocks. */
export function scanSources(folder: string, { permissions }: EthosPackage): ScanResult {
  const rules = RULES.filter(({ declared }) => declared === undefined || !permissions[declared]);
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const hash = createHash('sha256');
  let guards = false;
  let files = MAX_FILES;
  let bytes = MAX_BYTES;

  const look = (file: string, size: number): void => {
    if (!SOURCES.has(extname(file)) || size > MAX_FILE_SIZE || bytes < size) return;
    bytes -= size;
    const text = readFileSync(file, 'utf8');
    guards ||= GUARD.test(text);
    for (const { level, name, pattern } of rules) {
      const found = pattern.exec(text);
      if (!found || seen.has(`${name} ${file}`)) continue;
      seen.add(`${name} ${file}`);
      const line = text.slice(0, found.index).split('\n').length;
      findings.push({ level, rule: name, at: `${relative(folder, file)}:${line}` });
    }
  };

  const walk = (dir: string): void => {
    for (const item of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (item.name.startsWith('.') || item.name === 'node_modules' || files-- <= 0) continue;
      const path = join(dir, item.name);
      if (item.isDirectory()) walk(path);
      else if (item.isFile()) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
        look(path, size);
      }
    }
  };
  walk(folder);
  return { findings, guards, digest: hash.digest('hex') };
}

/** The findings as problems, one for each rule. */
export function toProblems(findings: readonly Finding[]): Problem[] {
  const byRule = new Map<string, Finding[]>();
  for (const finding of findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  return [...byRule].map(([rule, [first, ...more]]) => ({
    subject: `scan (${first?.level})`,
    message: `${rule} at ${first?.at}${more.length > 0 ? ` and ${more.length} more places` : ''}. Its original host asks the user before loading such a plugin.`,
  }));
}
