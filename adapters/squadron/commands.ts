import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext, OpenCommandContext } from '../../src/core/contract/adapter.ts';
import type { Member } from '../../src/core/contract/member.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { didYouMean } from '../../src/core/text/nearest.ts';
import type { WireTool } from './go-plugin/messages.ts';
import type { SquadronReport } from './go-plugin/session.ts';
import { findHome, installFolder, PROGRAM } from './install/home.ts';
import type { SquadronManifest } from './manifests.ts';
import { hideSecrets } from './settings.ts';

interface Options {
  readonly version: string;
  readonly squadronHome?: string;
  readonly config?: string;
  readonly logLevel?: string;
}

const START_MS = 60_000;
const MAX_SIZE = 1024 * 1024 * 1024;

/** Adds `plugmux plugin`, with the commands of Squadron's own CLI for plugin authors. None of them downloads anything. */
export function addCommands(program: Command, open: OpenCommandContext): void {
  const plugin = program.command('plugin').description('try and build Squadron plugins').helpGroup('Plugins:');
  plugin.addHelpText('after', '\nExample:\n  $ plugmux plugin build shell ./plugin_shell');
  const add = (
    name: string,
    description: string,
    run: (commandContext: CommandContext, options: Options, args: readonly string[]) => Promise<void>,
  ): void => {
    plugin
      .command(name)
      .description(description)
      .option('-v, --version <version>', 'the installed version', 'local')
      .option('--squadron-home <folder>', 'folder of installed plugins; default: SQUADRON_HOME, then .squadron')
      .option('--config <file>', "configuration file with the plugin's settings")
      .option('--log-level <level>', 'debug, info, warn, error or silent')
      .action(async (...given: unknown[]) => {
        const options = given.at(-2) as Options;
        const commandContext = await open(options);
        try {
          await run(
            commandContext,
            options,
            given.slice(0, -2).filter((arg) => typeof arg === 'string'),
          );
        } finally {
          await commandContext.close();
        }
      });
  };
  add('tools <name>', 'list the tools of an installed plugin', (commandContext, options, [name = '']) =>
    withPlugin(commandContext, name, options, async (_, tools) => listTools(commandContext, name, tools)),
  );
  add('info <name> <tool>', "show a tool's schemas", (commandContext, options, [name = '', tool = '']) =>
    withPlugin(commandContext, name, options, async (_, tools) => showTool(commandContext, findTool(name, tools, tool))),
  );
  add(
    'call <name> <tool> [json]',
    'call a tool and print its raw result',
    (commandContext, options, [name = '', tool = '', payload = '{}']) =>
      withPlugin(commandContext, name, options, (member, tools) => callTool(member, findTool(name, tools, tool), payload)),
  );
  add('build <name> <path>', 'build a plugin from its source and install it', (commandContext, options, [name = '', path = '']) =>
    buildPlugin(commandContext, name, path, options),
  );
}

async function withPlugin(
  commandContext: CommandContext,
  name: string,
  options: Options,
  use: (member: Member, tools: readonly WireTool[]) => Promise<void>,
): Promise<void> {
  const { host, root } = commandContext;
  const dir = installFolder(homeOf(options, root), name, options.version);
  const { findProgram } = await import('./install/runner.ts');
  const { toLaunch } = await import('./go-plugin/launch.ts');
  const program = findProgram(dir);
  const known = (await commandContext.find(name)) as SquadronManifest | undefined;
  const settings = known?.values() ?? {};
  hideSecrets(settings, host);
  const { env = {}, cwd = process.cwd() } = known?.source.entry ?? {};
  const member = host.join({
    id: name,
    group: `squadron:${name}`,
    order: name,
    isolation: 'process',
    runtime: {
      kind: 'program',
      launch: (place) =>
        toLaunch(
          {
            ...program,
            fixed: options.version !== 'local',
            settings,
            tls: known?.options.tls ?? 'off',
            startMs: START_MS,
            silentMs: START_MS,
            largestBytes: MAX_SIZE,
          },
          place,
        ),
    },
    params: {},
    cwd,
    env,
    startTimeoutMs: START_MS,
    log: host.log.area(`plugin:${name}`),
  });
  await member.start();
  const failure = member.error();
  if (failure)
    throw new GatewayError(failure.code, `plugin '${name}' (version ${options.version}) failed to load: ${failure.message}`, {
      fix: failure.fix,
    });
  await use(member, (member.report() as unknown as SquadronReport).tools);
}

function listTools({ print }: CommandContext, name: string, tools: readonly WireTool[]): void {
  print(`Available tools for plugin '${name}':`);
  for (const tool of tools) print(`  - ${tool.name}: ${tool.description}`);
}

function findTool(plugin: string, tools: readonly WireTool[], name: string): WireTool {
  const tool = tools.find((t) => t.name === name);
  if (tool) return tool;
  const names = tools.map((t) => t.name);
  throw new GatewayError('UNKNOWN_TOOL', `plugin '${plugin}' has no tool '${name}'.`, {
    fix: didYouMean(name, names).trim() || `It has: ${names.join(', ') || 'none'}.`,
  });
}

function showTool({ print }: CommandContext, { name, description, schemaJson, outputSchemaJson }: WireTool): void {
  print(`Tool: ${name}`);
  print(`Description: ${description}`);
  print(`Input schema: ${schemaJson}`);
  if (outputSchemaJson !== '') print(`Output schema: ${outputSchemaJson}`);
}

async function callTool(member: Member, { name }: WireTool, payload: string): Promise<void> {
  try {
    process.stdout.write(`${await member.request('call', { tool: name, payload })}\n`);
  } catch (error) {
    const { message } = error as Error;
    throw new GatewayError('PLUGIN_FAILED', `plugin call failed: ${message}`, { cause: error });
  }
}

async function buildPlugin({ root, host, print }: CommandContext, name: string, path: string, options: Options): Promise<void> {
  const source = resolve(path);
  if (!existsSync(source)) throw new GatewayError('ENTRY_NOT_FOUND', `${source} does not exist.`);
  // Checks both the given path and its real path.
  if (isOutside(source, process.cwd()) || isOutside(realpathSync(source), realpathSync(process.cwd()))) {
    throw new GatewayError('CONFIG_INVALID', `${source} is outside project root (${process.cwd()}).`, {
      fix: 'Run the command in a folder that contains the source.',
    });
  }
  const dir = installFolder(homeOf(options, root), name, options.version);
  const { build, languageOf } = await import('./install/build.ts');
  const { withLock } = await import('../../src/host/process/lock.ts');
  const { stopped } = await import('./install/run-tool.ts');
  const kind = languageOf(source);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  print(`Building plugin '${name}' (version: ${options.version})...`);
  print(`  Source: ${source}`);
  print(`  Output: ${join(dir, kind === 'go' ? PROGRAM : 'venv')}`);
  const context = { env: {}, signal: stop.signal, run: host.run, onLine: print, step: (text: string) => print(`  ${text}`) };
  await withLock(`${dir}.lock`, { signal: stop.signal, stopped }, () => build(source, dir, context));
}

function isOutside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}

function homeOf({ squadronHome }: Options, root: string | undefined): string {
  return findHome(root ?? process.cwd(), squadronHome);
}
