import { type Command, Option } from 'commander';
import type { App } from '../../app.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE, LOCAL_PRINCIPAL } from '../../core/contract/caller.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { describeApprovals, listApprovals } from '../../gateway/approval/approval-list.ts';
import type { VisibleTool } from '../../gateway/view/visible-tool.ts';
import { toGrantKey } from '../../policy/grants.ts';
import { surfaceOf } from '../../registry/catalogue/surface.ts';
import { agrees } from '../agree.ts';
import { type CommonOptions, LOCAL_ACTOR, openSession, UsageError, withPlugins } from '../context.ts';
import { printMasked } from '../print.ts';

interface Options extends CommonOptions {
  readonly profile: string;
  readonly principal: string;
  readonly yes?: true;
}

/** `plugmux approvals`: lists approvals, allows a tool permanently, or revokes that. */
export function addApprovals(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('approvals')
    .description('list approvals; allow a tool permanently, or revoke it')
    .argument('[action]', 'list, allow or forget', 'list')
    .argument('[tool]', "the tool's public name")
    .option('--profile <name>', 'in this profile', DEFAULT_PROFILE)
    .addOption(new Option('--principal <name>', 'for the holder of this principal’s token').default(LOCAL_PRINCIPAL, 'the local user'))
    .option('--yes', 'allow the tool without asking at the terminal')
    .option('--json', 'print JSON')
    .action(async (action: string, name: string | undefined, options: Options) => {
      const run = ACTIONS.get(action);
      if (!run) throw new UsageError(`There is no action "${action}".`, 'Use list, allow or forget.');
      const session = openSession(options, adapters, { here: true, quiet: true });
      await withPlugins(session, options.profile, (app) => run(app, name, options));
    });
}

const ACTIONS: ReadonlyMap<string, (app: App, name: string | undefined, options: Options) => void | Promise<void>> = new Map([
  [
    'list',
    (app, _, options) => {
      const list = listApprovals(app.gateway.view(callerOf(options)), callerOf(options), app.grants);
      printMasked(list, options.json, () => describeApprovals(list, options.profile));
    },
  ],
  [
    'allow',
    async (app, name, options) => {
      const tool = findTool(app, name, options);
      const { entry, approval, approvalSource } = tool;
      if (approval !== 'required') throw new UsageError(`${entry.name} needs no approval of the gateway.`, 'There is nothing to allow.');
      if (approvalSource !== 'format') {
        throw new UsageError(`mcp.json requires approval for ${entry.name}: the ${approvalSource}'s "approval".`, 'Change it there.');
      }
      // A model with a shell can read this command in a refused call, so require a terminal or --yes.
      const asked = `Allow ${entry.name} to run without asking from now on?`;
      if (options.yes !== true && !(await agrees(asked, `${entry.name} may run without asking`))) {
        throw new UsageError(`${entry.name} was not allowed.`, 'Nothing has changed.');
      }
      app.grants.add(toGrantKey(options, tool.entry), surfaceOf(entry));
      record(app, 'allow', entry.name, options);
      printMasked({ allowed: entry.name }, options.json, () => `${entry.name} runs without asking from now on.`);
    },
  ],
  [
    'forget',
    (app, name, options) => {
      const tool = findTool(app, name, options);
      if (!app.grants.revoke(toGrantKey(options, tool.entry)))
        throw new UsageError(`${tool.entry.name} was not allowed permanently.`, 'There is nothing to revoke.');
      record(app, 'forget', tool.entry.name, options);
      printMasked({ forgotten: tool.entry.name }, options.json, () => `${tool.entry.name} requires approval again from now on.`);
    },
  ],
]);

// Closing the app writes the line at the latest.
function record({ admin }: App, action: string, tool: string, { principal, profile }: Options): void {
  void admin.record(LOCAL_ACTOR, { action, tool, for: principal, profile, outcome: 'ok' });
}

function callerOf({ principal, profile }: Options) {
  return { principal, profile, scopes: [] };
}

function findTool(app: App, name: string | undefined, options: Options): VisibleTool {
  const { tools } = app.gateway.view(callerOf(options));
  const tool = name === undefined ? undefined : tools.get(name);
  if (tool) return tool;
  if (name === undefined) throw new UsageError('No tool was named.', '`plugmux approvals` lists them.');
  throw new UsageError(
    `There is no tool "${name}" in the profile ${options.profile}.`,
    didYouMean(name, tools.keys()).trim() || 'List them with `plugmux approvals`.',
  );
}
