import type { Adapter } from '../../core/contract/adapter.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { agrees } from '../agree.ts';
import { type CommonOptions, openSession, UsageError } from '../context.ts';
import { addEntries, closing } from '../import/import-client.ts';
import { IMPORT_CLIENTS, ownSurroundings } from '../import/places.ts';
import { columns, printMasked } from '../print.ts';
import { ownRedactor } from '../redactor.ts';
import { findInstalled, type Offered } from './find-installed.ts';

/** The options of `plugmux discover`. */
export interface DiscoverOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly envSecrets?: boolean;
}

const MAX_NAMES = 8;

/** `plugmux discover`: shows what other clients have installed, asks, and adds it to mcp.json. Starts nothing. */
export async function runDiscover(clients: readonly string[], options: DiscoverOptions, adapters: readonly Adapter[]): Promise<void> {
  const session = openSession(options, adapters, { here: true, quiet: true });
  const { offered: all, faults } = await findInstalled(session, adapters, ownSurroundings());
  for (const { secrets } of all) for (const { value } of secrets) ownRedactor.add(value);
  const offered = clients.length === 0 ? all : all.filter(({ client }) => clients.includes(client));
  refuseUnknown(clients, all);
  const wanted = offered.filter(({ skipped }) => skipped === undefined);
  const { file } = session.config;
  if (!options.json) printMasked(undefined, false, () => tableOf(offered));
  for (const fault of faults) process.stderr.write(`note: ${ownRedactor.text(fault)}\n`);
  // A list is useful without a terminal, too; only adding needs a yes.
  const isOnlyList =
    options.dryRun === true || wanted.length === 0 || (!options.yes && (options.json === true || process.stdin.isTTY !== true));
  let isHidden = options.envSecrets === true;
  const secrets = new Map(wanted.flatMap((one) => one.secrets.map(({ variable }) => [variable, one.id] as const)));
  let isAgreed = !isOnlyList;
  if (isAgreed && file === undefined) throw new UsageError('There is no configuration file.', 'Create one with `plugmux init`.');
  if (isAgreed && !options.yes) {
    isAgreed = await agrees(`Add ${wanted.length} to ${file}?`, 'these entries are added');
    if (isAgreed && !isHidden && secrets.size > 0)
      isHidden = await agrees('Write ${env:NAME} in place of the secrets?', 'secrets are replaced');
  }
  const backup = isAgreed
    ? await addEntries(
        session,
        wanted.map(({ entry, hidden }) => (isHidden ? hidden : entry)),
      )
    : undefined;
  if (options.json) {
    const item = { file, added: backup !== undefined, backup: backup ?? null, found: offered.map(toItem), faults };
    return printMasked(item, true, () => '');
  }
  if (backup === undefined) process.stdout.write(wanted.length === 0 ? 'Nothing to add.\n' : `Nothing was written. --yes adds them.\n`);
  else process.stdout.write(`Added ${wanted.map(({ id }) => id).join(', ')}. ${closing(backup)}\n`);
  if (backup === undefined || secrets.size === 0) return;
  const list = [...secrets].map(([variable, id]) => `${variable} (${id})`).join(', ');
  process.stderr.write(
    isHidden ? `note: set ${list}.\n` : `note: mcp.json now holds secrets: ${list}. --env-secrets writes \${env:NAME} instead.\n`,
  );
}

function refuseUnknown(clients: readonly string[], found: readonly Offered[]): void {
  const known = [...new Set<string>([...IMPORT_CLIENTS, ...found.map(({ client }) => client)])];
  const unknown = clients.find((client) => !known.includes(client));
  if (unknown !== undefined)
    throw new UsageError(`Nothing of "${unknown}" can be found.`, didYouMean(unknown, known).trim() || `Use one of: ${known.join(', ')}.`);
}

function toItem({ client, kind, id, what, names, notes, secrets, entry, skipped }: Offered): object {
  const below = entry.below ?? 'mcpServers';
  return { client, kind, id, what, names, notes, secrets: secrets.map(({ variable }) => variable), below, skipped: skipped ?? null };
}

function tableOf(offered: readonly Offered[]): string {
  if (offered.length === 0) return 'Nothing was found.';
  const rows = offered.map(({ client, kind, id, what, skipped }) => [client, kind, id, skipped === undefined ? 'add' : 'skip', what]);
  const details = offered.flatMap(({ id, names, notes, secrets, skipped }) => [
    ...(names.length === 0 ? [] : [`${id}: ${names.length}: ${some(names)}`]),
    ...(skipped === undefined ? [] : [`${id}: skipped: ${skipped}`]),
    ...(secrets.length === 0 ? [] : [`${id}: secrets in plain text: ${secrets.map(({ variable }) => `\${env:${variable}}`).join(', ')}`]),
    ...notes.map((note) => `${id}: ${note}`),
  ]);
  const table = columns([['client', 'kind', 'id', 'step', 'what'], ...rows]);
  return details.length === 0 ? table : `${table}\n\n${details.join('\n')}`;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown}, …` : shown;
}
