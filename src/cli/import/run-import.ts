import type { Adapter } from '../../core/contract/adapter.ts';
import { agrees } from '../agree.ts';
import { type CliSession, type CommonOptions, openSession } from '../context.ts';
import { columns, printMasked } from '../print.ts';
import { ownRedactor } from '../redactor.ts';
import { addEntries, closing, findServers, planFor } from './import-client.ts';
import { type ImportClient, ownSurroundings } from './places.ts';
import type { PlannedServer } from './plan.ts';
import { clientFile, replaceClient, undoReplacement } from './replace-client.ts';

/** The options of `plugmux import <client>`. */
export interface ImportOptions extends CommonOptions {
  readonly from?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly envSecrets?: boolean;
  readonly replaceClient?: boolean;
  readonly undo?: boolean;
}

/** `plugmux import <client>`: shows the servers of a client, asks, and adds them to mcp.json. */
export async function runImport(client: ImportClient, options: ImportOptions, adapters: readonly Adapter[]): Promise<void> {
  if (options.undo) {
    const file = clientFile(client, options.from, ownSurroundings());
    return void process.stdout.write(`${file} has its servers back, from ${await undoReplacement(client, file)}.\n`);
  }
  const session = openSession(options, adapters, { here: true, quiet: true });
  const isReplaced = options.replaceClient === true && options.dryRun !== true;
  const file = isReplaced ? clientFile(client, options.from, ownSurroundings()) : '';
  const question = `Make plugmux the only server in ${file}?`;
  const agreesToReplace = async (): Promise<boolean> =>
    isReplaced && (client === 'codex' || options.yes === true || (await agrees(question, 'the file is changed')));
  if (await addFound(client, options, session, agreesToReplace)) await pointAtGateway(client, file, options, session);
}

// Makes the client start plugmux in place of its servers.
async function pointAtGateway(client: ImportClient, file: string, { config }: ImportOptions, session: CliSession): Promise<void> {
  const replaced = await replaceClient(client, file, session.config.file ?? config ?? '');
  if ('text' in replaced) return void process.stderr.write(`Put this in place of the servers in ${file}:\n\n${replaced.text}`);
  const { backup } = replaced;
  process.stderr.write(
    backup === null
      ? `${file} names plugmux alone already.\n`
      : `${file} now names plugmux alone. The old file is ${backup}; --undo restores its servers.\n`,
  );
}

// Asks every question before it writes anything. Returns whether the client's file is to be replaced.
async function addFound(
  client: ImportClient,
  options: ImportOptions,
  session: CliSession,
  agreesToReplace: () => Promise<boolean>,
): Promise<boolean> {
  const plan = planFor(session, findServers(client, options.from, ownSurroundings()));
  for (const { secrets } of plan) for (const { value } of secrets) ownRedactor.add(value);
  const wanted = plan.filter(({ skipped }) => skipped === undefined);
  const secrets = new Map(wanted.flatMap((server) => server.secrets.map(({ variable }) => [variable, server.name] as const)));
  const isPreview = options.dryRun === true || wanted.length === 0;
  if (!options.json) printMasked(undefined, false, () => tableOf(plan));
  let hidden = options.envSecrets === true;
  if (!isPreview && !options.yes) {
    if (!(await agrees(`Add ${wanted.length} to ${session.config.file}?`, 'these servers are added'))) {
      process.stdout.write('Nothing was written.\n');
      return false;
    }
    if (!hidden && secrets.size > 0) hidden = await agrees('Write ${env:NAME} in place of the secrets?', 'secrets are replaced');
  }
  const replaces = await agreesToReplace();
  const backup = isPreview
    ? undefined
    : await addEntries(
        session,
        wanted.map(({ name, entry, hidden: safe }) => ({ name, entry: hidden ? safe : entry })),
      );
  if (options.json) {
    const item = { file: session.config.file, added: backup !== undefined, backup: backup ?? null, servers: plan.map(toItem) };
    printMasked(item, true, () => '');
    return replaces;
  }
  if (backup === undefined) process.stdout.write(wanted.length === 0 ? 'Nothing to add.\n' : 'Nothing was written.\n');
  else process.stdout.write(`Added ${wanted.map(({ name }) => name).join(', ')}. ${closing(backup)}\n`);
  if (backup === undefined || secrets.size === 0) return replaces;
  const list = [...secrets].map(([variable, name]) => `${variable} (${name})`).join(', ');
  process.stderr.write(
    hidden ? `note: set ${list}.\n` : `note: mcp.json now holds secrets: ${list}. --env-secrets writes \${env:NAME} instead.\n`,
  );
  return replaces;
}

function toItem({ name, file, kind, runs, secrets, unknown, notes, skipped }: PlannedServer): object {
  return { name, file, kind, runs, secrets: secrets.map(({ variable }) => variable), unknown, notes, skipped: skipped ?? null };
}

function tableOf(plan: readonly PlannedServer[]): string {
  const rows = plan.map(({ name, kind, runs, skipped }) => [name, kind, skipped === undefined ? 'add' : 'skip', runs]);
  const details = plan.flatMap(({ name, secrets, unknown, notes, skipped }) => [
    ...(skipped === undefined ? [] : [`${name}: skipped: ${skipped}`]),
    ...(unknown.length === 0 ? [] : [`${name}: not carried over: ${unknown.join(', ')}`]),
    ...(secrets.length === 0 ? [] : [`${name}: secrets in plain text: ${secrets.map(({ variable }) => `\${env:${variable}}`).join(', ')}`]),
    ...notes.map((note) => `${name}: ${note}`),
  ]);
  const table = columns([['server', 'kind', 'step', 'runs'], ...rows]);
  return details.length === 0 ? table : `${table}\n\n${details.join('\n')}`;
}
