import { type Command, Option } from 'commander';
import type { Config } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import { PATHS } from '../../transports/http.ts';
import { ownCommand } from '../connect.ts';
import { type CommonOptions, openSession, UsageError, withPlugins } from '../context.ts';
import { exportAnthropic } from '../export/anthropic.ts';
import { exportClaudeCode } from '../export/claude-code.ts';
import { exportClaudeDesktop } from '../export/claude-desktop.ts';
import { exportCline } from '../export/cline.ts';
import { exportCodex } from '../export/codex.ts';
import { exportContinue } from '../export/continue.ts';
import { exportCopilotCli } from '../export/copilot-cli.ts';
import { exportCursor } from '../export/cursor.ts';
import type { Exporter, ExportPart, Server } from '../export/exporter.ts';
import { exportGemini } from '../export/gemini.ts';
import { exportGeminiCli } from '../export/gemini-cli.ts';
import { exportOpenai } from '../export/openai.ts';
import { exportOpenapi } from '../export/openapi.ts';
import { exportOpencode } from '../export/opencode.ts';
import { exportVscode } from '../export/vscode.ts';
import { exportWindsurf } from '../export/windsurf.ts';
import { exportZed } from '../export/zed.ts';
import { print } from '../print.ts';
import { ownRedactor } from '../redactor.ts';

interface Options extends CommonOptions {
  readonly profile: string;
  readonly http?: string | true;
  readonly name: string;
}

const CLIENTS: ReadonlyMap<string, Exporter> = new Map([
  ['claude-code', exportClaudeCode],
  ['claude-desktop', exportClaudeDesktop],
  ['cursor', exportCursor],
  ['vscode', exportVscode],
  ['gemini-cli', exportGeminiCli],
  ['copilot-cli', exportCopilotCli],
  ['codex', exportCodex],
  ['opencode', exportOpencode],
  ['cline', exportCline],
  ['windsurf', exportWindsurf],
  ['zed', exportZed],
  ['continue', exportContinue],
]);

const APIS: ReadonlyMap<string, Exporter> = new Map([
  ['openai', exportOpenai],
  ['anthropic', exportAnthropic],
  ['gemini', exportGemini],
  ['openapi', exportOpenapi],
]);

const TARGETS = [...CLIENTS.keys(), ...APIS.keys()];
const TOKEN_FROM = 'PLUGMUX_TOKEN';

/** `plugmux export`: a client's configuration with its allow-list, or tool definitions for an LLM API. */
export function addExport(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('export')
    .description('print the configuration for an LLM client, or tool definitions for an LLM API')
    .argument('<target>', `a client or an API: ${TARGETS.join(', ')}`)
    .option('--profile <name>', 'the tools of this profile', DEFAULT_PROFILE)
    .addOption(new Option('--http [address]', 'connect to a running gateway; default: as mcp.json says'))
    .option('--name <name>', 'what the client calls the gateway', 'plugmux')
    .option('--json', 'print all parts as JSON')
    .action(async (target: string, options: Options) => {
      const exporter = CLIENTS.get(target) ?? APIS.get(target);
      if (!exporter) {
        const fix = didYouMean(target, TARGETS).trim() || `Use one of: ${TARGETS.join(', ')}.`;
        throw new UsageError(`There is no export for "${target}".`, fix);
      }
      const { name, profile } = options;
      // Gemini CLI reads the server's name up to the first underscore.
      if (!/^[A-Za-z0-9-]{1,32}$/.test(name))
        throw new UsageError(`"${name}" cannot be a name.`, 'Use letters, digits and "-", at most 32.');
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withPlugins(session, profile, (app) => {
        const view = app.gateway.view(localCaller(profile));
        // Export what a client would list: in search mode, the search tools.
        const tools = CLIENTS.has(target) ? view.listed : view.tools;
        // Mask values only: a key such as Authorization belongs to the format.
        const parts = ownRedactor.texts(
          exporter({
            name,
            tools: [...tools.values()],
            server: serverOf(session.config, options),
            api: apiOf(session.config, options),
          }),
        ) as readonly ExportPart[];
        print(parts.length === 1 && parts[0]?.file === undefined ? parts[0]?.content : parts, options.json, () =>
          parts.map(show).join('\n\n'),
        );
      });
    });
}

function originOf({ listen }: Config, http: string | true): string {
  if (typeof http === 'string') return URL.canParse(http) ? new URL(http).origin : `http://${http}`;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `http://${host}:${listen.port}`;
}

// The address of the plain HTTP API.
function apiOf(config: Config, { http = true, profile }: Options): string {
  return `${originOf(config, http)}${PATHS.tools}${profile === DEFAULT_PROFILE ? '' : `/${profile}`}`;
}

function serverOf(config: Config, { http, profile }: Options): Server {
  const { file, tokens } = config;
  const named = profile !== DEFAULT_PROFILE;
  if (http !== undefined) {
    const url = `${originOf(config, http)}${PATHS.streamable}${named ? `/${profile}` : ''}`;
    return tokens.length > 0 ? { url, tokenFrom: TOKEN_FROM } : { url };
  }
  const [command = '', ...args] = [...ownCommand(), 'stdio'];
  return { command, args: [...args, ...(file === undefined ? [] : ['--config', file]), ...(named ? ['--profile', profile] : [])] };
}

function show({ file, content, note }: ExportPart): string {
  const text =
    typeof content === 'string' ? content.trimEnd() : content === undefined ? undefined : wellFormedJson(toJsonText(content, undefined, 2));
  return [file && `# ${file}`, note && `# ${note}`, text].filter((line) => line !== undefined).join('\n');
}
