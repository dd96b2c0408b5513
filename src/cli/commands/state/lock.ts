import type { Command } from 'commander';
import type { App } from '../../../app.ts';
import type { Adapter } from '../../../core/contract/adapter.ts';
import { DEFAULT_PROFILE } from '../../../core/contract/caller.ts';
import type { LockAdmin } from '../../../gateway/lock-admin.ts';
import type { LockChange } from '../../../policy/lock-changes.ts';
import { toolPart } from '../../../policy/pin-parts.ts';
import { agrees } from '../../agree.ts';
import { type CommonOptions, LOCAL_ACTOR, openSession, UsageError, withPlugins } from '../../context.ts';
import { printMasked } from '../../print.ts';
import { describeChanges, nameChange } from './lock-text.ts';

interface Options extends CommonOptions {
  readonly accept?: readonly string[];
  readonly acceptPlugin?: readonly string[];
  readonly diff?: true;
  readonly check?: true;
  readonly yes?: true;
}

/** How many differences are named before the question. */
const NAMED = 20;

/** `plugmux lock`: writes the lock file, accepts changes, or shows them. */
export function addLock(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('lock')
    .description('pin the tools, prompts, skills and instructions in plugmux.lock.json')
    .option('--accept <tools...>', 'accept only these tools as they are now, by public name, or other parts as <plugin>/<part>')
    .option('--accept-plugin <plugins...>', 'accept everything of these plugins as it is now')
    .option('--diff', 'show what differs from the lock file')
    .option('--check', 'exit with 1 if something is new or changed, or a plugin did not start')
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
  return options.diff || options.check ? compare(app, lock, file, options) : write(app, lock, file, options);
}

function compare(app: App, lock: LockAdmin, file: string, { check, json }: Options): void {
  const rules = app.pins.rules();
  if (rules?.fault !== undefined)
    throw new UsageError(`${file} cannot be used: ${rules.fault}.`, 'Fix the file, or delete it and run `plugmux lock`.');
  if (!rules && check) throw new UsageError('There is no lock file.', 'Create one with `plugmux lock`.');
  const changes = lock.changes();
  // A plugin that waits for a setting offers nothing; one with pinned parts counts as not compared all the same.
  const missed = notReady(app).filter(({ id, state }) => state !== 'needs-config' || rules?.lock?.has(id));
  if (check && (changes.some(isOpen) || missed.length > 0)) process.exitCode = 1;
  printMasked(changes, json, () => describeChanges(changes));
  for (const { id } of notReady(app)) process.stderr.write(`plugmux: the plugin ${id} is not ready, so it was not compared.\n`);
}

async function write(app: App, lock: LockAdmin, file: string, options: Options): Promise<void> {
  const { pins } = app;
  const rules = pins.rules();
  const open = lock.changes().filter(isOpen);
  const taken = chosen(app, open, options);
  if (taken && rules?.fault !== undefined)
    throw new UsageError(`${file} cannot be used: ${rules.fault}.`, 'Fix the file, or replace all of it with `plugmux lock`.');
  // Computed before the question, because plugins may change while it is open.
  const { text, settled } = lock.next(taken ?? (() => true));
  const accepted = open.filter(({ plugin, tool, surface }) => taken?.(plugin, tool, [surface]) ?? true);
  if (rules && !taken && (open.length > 0 || rules.fault !== undefined) && options.yes !== true) await ask(file, open, rules.fault);
  const { writeOver } = await import('../../in-file/write-over.ts');
  writeOver(file, Buffer.from(text));
  pins.table.remove(settled);
  void app.admin.record(LOCAL_ACTOR, { action: 'lock', changed: accepted.map(({ plugin, tool }) => `${plugin}/${tool}`), outcome: 'ok' });
  const unready = notReady(app).map(({ id }) => id);
  printMasked({ file, accepted: accepted.length, notReady: unready }, options.json, () =>
    [
      `${file} is written: ${count(accepted.length)} accepted.`,
      ...unready.map((id) => `The plugin ${id} is not ready, so the file keeps what it had of it.`),
    ].join('\n'),
  );
}

async function ask(file: string, open: readonly LockChange[], fault: string | undefined): Promise<void> {
  const fix = 'See `plugmux lock --diff`, and use --accept, or --yes for everything.';
  const names = open.slice(0, NAMED).map(nameChange);
  if (process.stdin.isTTY === true && fault === undefined)
    process.stderr.write(`${[...names, ...(open.length > NAMED ? [`and ${open.length - NAMED} more`] : [])].join('\n')}\n`);
  const differ = `${count(open.length)} ${open.length === 1 ? 'differs' : 'differ'} from the lock file. Accept all?`;
  const asked = fault === undefined ? differ : `${file} cannot be used: ${fault}. Replace it and accept ${count(open.length)}?`;
  if (!(await agrees(asked, 'the lock file is written'))) throw new UsageError('The lock file was not written.', fix);
}

function isOpen({ kind, accepted }: LockChange): boolean {
  return kind !== 'gone' && !accepted;
}

function count(parts: number): string {
  return `${parts} ${parts === 1 ? 'part' : 'parts'}`;
}

function notReady({ registry }: App) {
  return registry.plugins().filter(({ state }) => state !== 'ready' && state !== 'disabled');
}

function chosen({ pins, registry }: App, open: readonly LockChange[], { accept, acceptPlugin }: Options) {
  if (!accept && !acceptPlugin) return undefined;
  const tools = pins.rules()?.whole()?.tools ?? registry.catalogue().tools;
  const parts = (accept ?? []).map((name) => {
    const entry = tools.get(name);
    if (entry) return `${entry.plugin.id}\n${toolPart(entry.tool.name)}`;
    const part = open.find(({ plugin, tool }) => `${plugin}/${tool}` === name);
    if (!part) throw new UsageError(`There is no tool "${name}".`, 'See `plugmux lock --diff`.');
    return `${part.plugin}\n${part.tool}`;
  });
  const known = new Set(registry.plugins().map(({ id }) => id));
  for (const id of acceptPlugin ?? []) if (!known.has(id)) throw new UsageError(`There is no plugin "${id}".`, 'See `plugmux list`.');
  return (plugin: string, part: string, _surfaces: readonly string[]): boolean =>
    (acceptPlugin ?? []).includes(plugin) || parts.includes(`${plugin}\n${part}`);
}
