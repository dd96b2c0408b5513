import { renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { App } from '../../../app.ts';
import type { Adapter } from '../../../core/contract/adapter.ts';
import { DEFAULT_PROFILE } from '../../../core/contract/caller.ts';
import { escapeForTerminal } from '../../../core/text/text.ts';
import type { LockChange } from '../../../policy/lock-changes.ts';
import { agrees } from '../../agree.ts';
import { type CommonOptions, LOCAL_ACTOR, openSession, UsageError, withPlugins } from '../../context.ts';
import { printMasked } from '../../print.ts';

interface Options extends CommonOptions {
  readonly accept?: readonly string[];
  readonly acceptPlugin?: readonly string[];
  readonly diff?: true;
  readonly check?: true;
  readonly yes?: true;
}

/** `plugmux lock`: writes the lock file, accepts changes, or shows them. */
export function addLock(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('lock')
    .description('pin the tools, prompts and instructions in plugmux.lock.json')
    .option('--accept <tools...>', 'accept only these tools as they are now, by public name')
    .option('--accept-plugin <plugins...>', 'accept everything of these plugins as it is now')
    .option('--diff', 'show what differs from the lock file')
    .option('--check', 'exit with 1 if something is new or changed')
    .option('--yes', 'accept all changes without asking at the terminal')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withPlugins(session, DEFAULT_PROFILE, (app) => run(app, options));
    });
}

async function run(app: App, options: Options): Promise<void> {
  const { createLockAdmin } = await import('../../../gateway/lock-admin.ts');
  const { pins, registry } = app;
  const { file } = pins;
  if (file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  const lock = createLockAdmin(pins, registry);
  const rules = pins.rules();
  const changes = lock.changes();
  const open = changes.filter(({ kind, accepted }) => kind !== 'gone' && !accepted);
  if (options.diff || options.check) {
    if (rules?.fault !== undefined)
      throw new UsageError(`${file} cannot be used: ${rules.fault}.`, 'Fix the file, or delete it and run `plugmux lock`.');
    if (!rules && options.check) throw new UsageError('There is no lock file.', 'Create one with `plugmux lock`.');
    if (options.check && open.length > 0) process.exitCode = 1;
    return printMasked(changes, options.json, () => (changes.length === 0 ? 'Nothing differs.' : changes.map(describe).join('\n\n')));
  }
  const taken = chosen(app, options);
  if (rules && !taken && open.length > 0 && options.yes !== true) {
    const asked = `${open.length} ${open.length === 1 ? 'part differs' : 'parts differ'} from the lock file. Accept all?`;
    if (!(await agrees(asked, 'the lock file is written')))
      throw new UsageError('The lock file was not written.', 'See `plugmux lock --diff`, and use --accept, or --yes for everything.');
  }
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, lock.next(taken ?? (() => true)), { flush: true });
  renameSync(draft, file);
  pins.table.clear(file);
  const written = open.filter(({ plugin, tool, surface }) => (taken ? taken(plugin, tool, [surface]) : true));
  void app.admin.record(LOCAL_ACTOR, { action: 'lock', changed: written.map(({ plugin, tool }) => `${plugin}/${tool}`), outcome: 'ok' });
  const unready = registry.plugins().filter(({ state }) => state !== 'ready' && state !== 'disabled');
  printMasked({ file, accepted: written.length, notReady: unready.map(({ id }) => id) }, options.json, () =>
    [
      `${file} is written: ${written.length} ${written.length === 1 ? 'part' : 'parts'} accepted.`,
      ...unready.map(({ id }) => `The plugin ${id} is not ready, so the file keeps what it had of it.`),
    ].join('\n'),
  );
}

function chosen({ pins, registry }: App, { accept, acceptPlugin }: Options) {
  if (!accept && !acceptPlugin) return undefined;
  const tools = pins.rules()?.whole()?.tools ?? registry.catalogue().tools;
  const parts = (accept ?? []).map((name) => {
    const entry = tools.get(name);
    if (!entry) throw new UsageError(`There is no tool "${name}".`, 'See `plugmux lock --diff`.');
    return `${entry.plugin.id}\n${entry.tool.name}`;
  });
  const known = new Set(registry.plugins().map(({ id }) => id));
  for (const id of acceptPlugin ?? []) if (!known.has(id)) throw new UsageError(`There is no plugin "${id}".`, 'See `plugmux list`.');
  return (plugin: string, part: string, _surfaces: readonly string[]): boolean =>
    (acceptPlugin ?? []).includes(plugin) || parts.includes(`${plugin}\n${part}`);
}

function describe({ plugin, tool, kind, description = [], schema, hints, accepted }: LockChange): string {
  const words = description.map(({ text, added, removed }) => (added ? `[+${text}+]` : removed ? `[-${text}-]` : text)).join('');
  const lines = [
    `${plugin} › ${tool}: ${kind}${accepted ? `, accepted by ${accepted.by}` : ''}`,
    ...(words === '' ? [] : [`  ${words}`]),
    ...schema.map(({ path, what }) => `  ${path}: ${what}`),
    ...hints.map(({ name, before = 'unset', after = 'unset' }) => `  hint ${name}: ${before} → ${after}`),
  ];
  return escapeForTerminal(lines.join('\n'));
}
