import type { Command } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import { findPlugin } from '../../gateway/plugin-admin.ts';
import { type CliSession, type CommonOptions, LOCAL_ACTOR, openSession, UsageError, unknownPlugin, withApp } from '../context.ts';
import { printMasked } from '../print.ts';

interface Options extends CommonOptions {
  readonly inFile?: boolean;
  readonly settings?: string;
}

/** Where a decision is written, and the words that report it. */
interface Switch {
  readonly name: string;
  readonly enabled: boolean;
  readonly state: string;
}

const ENABLE: Switch = { name: 'enable', enabled: true, state: 'enabled' };
const DISABLE: Switch = { name: 'disable', enabled: false, state: 'disabled' };
/** Names of an earlier release for `enable --in-file` and `disable --in-file`; their output stays what it was. */
const OLD_NAMES: readonly Switch[] = [
  { name: 'expose', enabled: true, state: 'exposed' },
  { name: 'unexpose', enabled: false, state: 'not exposed' },
];

/**
 * `plugmux enable` and `plugmux disable`: stored for this gateway and kept across restarts, or written into mcp.json with
 * `--in-file`.
 */
export function addEnable(program: Command, adapters: readonly Adapter[]): void {
  const add = ({ name }: Switch, isHidden = false): Command =>
    program.command(name, { hidden: isHidden }).argument('<plugin>', "the plugin's id").option('--json', 'print JSON');
  const inFile = async (id: string, options: Options, { enabled, state }: Switch): Promise<void> => {
    const session = openSession(options, adapters, { here: true, quiet: true });
    const { setEnabledInFile } = await import('../in-file/enable-in-file.ts');
    const { changed, isStillDisabled } = await setEnabledInFile(session, adapters, id, enabled, options.settings);
    printMasked({ plugin: id, state, changed }, options.json, () => `${id} is ${changed ? 'now' : 'already'} ${state}.`);
    if (isStillDisabled) process.stderr.write(`note: an administrator disabled ${id}, too: run \`plugmux enable ${id}\`.\n`);
  };
  const SETTINGS = ['--settings <json>', 'with --in-file: the settings, a JSON object that replaces the present ones'] as const;

  for (const one of [ENABLE, DISABLE]) {
    const command = add(one)
      .description(one.enabled ? 'enable a plugin, or retry a failed one' : 'disable a plugin')
      .option('--in-file', 'write it into mcp.json instead of storing it for this gateway');
    if (one.enabled) command.option(...SETTINGS);
    command.action((id: string, options: Options) => {
      if (options.inFile) return inFile(id, options, one);
      if (options.settings !== undefined) throw new UsageError('"--settings" needs "--in-file".', 'Settings are stored in mcp.json only.');
      return store(id, options, one);
    });
  }
  for (const old of OLD_NAMES) {
    const command = add(old, true).description(`the same as ${old.enabled ? 'enable' : 'disable'} --in-file`);
    if (old.enabled) command.option(...SETTINGS);
    command.action((id: string, options: Options) => inFile(id, options, old));
  }

  async function store(id: string, options: Options, one: Switch): Promise<void> {
    const session = openSession(options, adapters, { here: true, quiet: true });
    await withApp(session, {}, async (app) => {
      const plugins = app.registry.plugins();
      const found = findPlugin(plugins, id);
      if (!found)
        throw unknownPlugin(
          id,
          plugins.map((plugin) => plugin.id),
          session.config,
        );
      if (one.enabled && app.registry.config(found.id)?.enabled === false) throw disabledInFile(found.id, session);
      await app.admin.setEnabled(found.id, one.enabled, LOCAL_ACTOR);
      printMasked(
        { plugin: found.id, state: one.state },
        options.json,
        () => `${found.id} is ${one.state}. A running gateway applies this within about a second.`,
      );
    });
  }
}

function disabledInFile(id: string, { config }: CliSession): UsageError {
  return new UsageError(`${config.file ?? 'mcp.json'} disables the plugin "${id}".`, `Run \`plugmux enable ${id} --in-file\`.`);
}
