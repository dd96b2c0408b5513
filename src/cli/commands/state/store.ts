import type { Command } from 'commander';
import type { Adapter } from '../../../core/contract/adapter.ts';
import type { GatewayError } from '../../../core/errors.ts';
import { examine, type Moved, moveAside } from '../../../store/repair.ts';
import type { Salvage } from '../../../store/salvage.ts';
import { storeFile } from '../../../store/state-file.ts';
import { DISABLED_SPACE, ENABLED_SPACE } from '../../../store/store.ts';
import { agrees } from '../../agree.ts';
import { type CommonOptions, openSession } from '../../context.ts';
import { print } from '../../print.ts';
import { ownRedactor } from '../../redactor.ts';

interface Options extends CommonOptions {
  readonly yes?: boolean;
}

/** `plugmux store repair`: moves a damaged store aside. */
export function addStore(program: Command, adapters: readonly Adapter[]): void {
  const store = program.command('store').description('check and repair the data in the state folder');
  store
    .command('repair')
    .description('check state.db; if it is damaged, move it aside so that the gateway starts with an empty one')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { config } = openSession(options, adapters, { here: true, quiet: true });
      const { damage, left } = examine(config.state);
      if (!damage) {
        return print(
          { damaged: false, moved: [] },
          options.json,
          () => `${storeFile(config.state)} is not damaged: there is nothing to repair.`,
        );
      }
      if (!options.json) print(undefined, false, () => ownRedactor.text(describeLoss(damage, left)));
      if (options.yes !== true && !(await agrees('Move it aside?', 'the store may be moved aside')))
        return print(undefined, false, () => 'Nothing was moved.');
      const moved = moveAside(config.state, new Date());
      const lost = Object.fromEntries([...left].map(([space, keys]) => [space, space === DISABLED_SPACE ? [...keys] : keys.size]));
      print(ownRedactor.value({ damaged: true, why: damage.message, lost, moved }), options.json, () => describeMoved(moved));
    });
}

function describeLoss(damage: GatewayError, left: Salvage): string {
  const known = [...left].sort().map(([space, keys]) => `  ${describe(space, keys)}`);
  return [
    damage.message,
    '',
    ...(known.length > 0
      ? ['Lost with it, as far as it can still be read:', ...known]
      : ['None of it can be read, so what is lost is unknown.']),
    '',
    'With an empty store, plugins that an administrator disabled are enabled again, permanently allowed tools',
    'require approval again, and logins at upstream servers must be repeated.',
  ].join('\n');
}

function describe(space: string, keys: ReadonlySet<string>): string {
  const { size } = keys;
  const plugin = /^plugin:(.*)$/s.exec(space)?.[1];
  if (plugin !== undefined) return `what the plugin ${plugin} keeps: ${size} values`;
  switch (space) {
    case DISABLED_SPACE:
      return `plugins that an administrator disabled: ${[...keys].sort().join(', ')}`;
    case ENABLED_SPACE:
      return `when plugins were last enabled: ${size}`;
    case 'grants':
      return `permanently allowed tools: ${size}`;
    case 'keys':
      return 'the key that seals open questions: they are void';
    case 'used-tickets':
      return `answers that cannot be used twice: ${size}`;
    case 'known-tools':
      return `the last known tools of plugins, which the next start lists again: ${size}`;
    case 'setting':
      return `settings of plugins: ${size}`;
    case 'secret':
      return `secrets of plugins and logins at upstream servers: ${size}`;
    case 'console_session':
      return `logins at the console: ${size}`;
    case 'login_code':
      return `links to log in at the console, which are void: ${size}`;
    case 'tool_switch':
      return `tools that were switched on or off: ${size}`;
    case 'pin':
      return `changes of tools that were accepted: ${size}`;
    case 'audit_head':
    case 'audit-heads':
      return `ends of audit chains, without which removed last lines go unnoticed: ${size}`;
    default:
      return `${space}: ${size}`;
  }
}

function describeMoved(moved: readonly Moved[]): string {
  if (moved.length === 0) return 'Another process has already repaired it, so nothing was moved.';
  return [
    'Moved aside, in the same folder:',
    ...moved.map(({ from, to }) => `  ${from} -> ${to}`),
    'The next start creates an empty store.',
  ].join('\n');
}
