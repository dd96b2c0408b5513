import { type Command, Option } from 'commander';
import type { Config } from '../../config/config.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, localCaller } from '../../core/contract/caller.ts';
import { toJsonText } from '../../core/json/exact-number.ts';
import { PATHS } from '../../core/paths.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { escapeForTerminal } from '../../core/text/text.ts';
import { wellFormedJson } from '../../core/text/well-formed.ts';
import type { ExportPart, Server } from '../../export/exporter.ts';
import { EXPORT_BOARDS, EXPORT_TARGETS, isExportClient, isExportTarget } from '../../export/targets.ts';
import { ownCommand } from '../connect.ts';
import { type CommonOptions, openSession, UsageError, withPlugins } from '../context.ts';
import { print } from '../print.ts';
import { ownRedactor } from '../redactor.ts';

interface Options extends CommonOptions {
  readonly profile: string;
  readonly http?: string | true;
  readonly name: string;
}

const TOKEN_FROM = 'PLUGMUX_TOKEN';

const NAMES = [...EXPORT_TARGETS, ...EXPORT_BOARDS];

/** `plugmux export`: a client's configuration with its allow-list, tool definitions for an LLM API, or a board for /metrics. */
export function addExport(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('export')
    .description('print the configuration for an LLM client, tool definitions for an LLM API, or a Grafana board')
    .argument('<target>', `a client, an API or a board: ${NAMES.join(', ')}`)
    .option('--profile <name>', 'the tools of this profile', DEFAULT_PROFILE)
    .addOption(new Option('--http [address]', 'connect to a running gateway; default: as mcp.json says'))
    .option('--name <name>', 'what the client calls the gateway', 'plugmux')
    .option('--json', 'print all parts as JSON')
    .action(async (target: string, options: Options) => {
      if (target === 'grafana') {
        const { grafanaBoard } = await import('../../export/grafana.ts');
        return printData(grafanaBoard(), options.json);
      }
      if (!isExportTarget(target)) {
        const fix = didYouMean(target, NAMES).trim() || `Use one of: ${NAMES.join(', ')}.`;
        throw new UsageError(`There is no export for "${target}".`, fix);
      }
      const { name, profile } = options;
      // Gemini CLI reads the server's name up to the first underscore.
      if (!/^[A-Za-z0-9-]{1,32}$/.test(name))
        throw new UsageError(`"${name}" cannot be a name.`, 'Use letters, digits and "-", at most 32.');
      if (target === 'claude-desktop' && options.http !== undefined)
        throw new UsageError("Claude Desktop's file names programs to start, not addresses.", 'Leave --http out.');
      const { EXPORTERS } = await import('../../export/exporters.ts');
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withPlugins(session, profile, (app) => {
        const view = app.gateway.view(localCaller(profile));
        // Export what a client would list: in search mode, the search tools.
        const tools = isExportClient(target) ? view.listed : view.tools;
        // Mask values only: a key such as Authorization belongs to the format.
        const parts = ownRedactor.texts(
          EXPORTERS[target]({
            name,
            tools: [...tools.values()],
            // Tool definitions are for code that connects to a running gateway.
            server: serverOf(session.config, isExportClient(target) ? options : { ...options, http: options.http ?? true }),
            api: apiOf(session.config, options),
          }),
        ) as readonly ExportPart[];
        if (isExportClient(target)) return print(parts, options.json, () => parts.map(show).join('\n\n'));
        printData(parts, options.json);
      });
    });
}

// Code reads this, so notes are kept apart from the data.
function printData([data, ...notes]: readonly ExportPart[], json: boolean | undefined): void {
  print(data?.content, json, () => show(data ?? {}));
  for (const { note } of notes) process.stderr.write(`note: ${escapeForTerminal(note ?? '')}\n`);
}

function originOf({ listen }: Config, http: string | true): string {
  if (typeof http === 'string') return URL.canParse(http) ? new URL(http).origin : `http://${http}`;
  if (listen.public !== undefined) return listen.public;
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
