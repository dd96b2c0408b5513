import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import { didYouMean } from '../../core/text/nearest.ts';
import { UsageError } from '../context.ts';
import { IMPORT_CLIENTS, isImportClient } from '../import/places.ts';
import type { ImportOptions } from '../import/run-import.ts';
import { ownRedactor } from '../redactor.ts';
import { writeOut } from '../write-out.ts';

type Options = ImportOptions & { readonly out?: string; readonly force?: boolean };

/** `plugmux import`: adds the servers of a client to mcp.json, or converts a project of another framework to an mcp.json. */
export function addImport(program: Command, adapters: readonly Adapter[]): void {
  const able = adapters.filter(({ convert }) => convert !== undefined);
  program
    .command('import')
    .description("add a client's MCP servers to mcp.json, or convert a project of another framework")
    .argument('<source>', `a client or a format: ${[...IMPORT_CLIENTS, ...able.map(({ kind }) => kind)].join(', ')}`)
    .argument('[folder]', 'the project, for a format')
    .option('--from <file>', "the client's file; default: where the client keeps it")
    .option('--yes', 'add the servers without asking')
    .option('--dry-run', 'only show what would be added')
    .option('--env-secrets', 'write ${env:NAME} in place of secrets')
    .option('--replace-client', 'make plugmux the only server of the client; for codex, print what to write')
    .option('--undo', 'give the client its servers back')
    .option('--json', 'print the servers as JSON; adds them only with --yes')
    .option('--out <file>', 'the file to write; default: mcp.json in that folder; "-" prints it')
    .addOption(new Option('--force', 'replace an existing file'))
    .helpGroup('Configuration:')
    .addHelpText('after', `\nExample:\n  $ plugmux import ${able[0]?.kind ?? '<format>'} ./project`)
    .action(async (format: string, folder: string | undefined, options: Options) => {
      if (isImportClient(format)) {
        if (folder !== undefined) throw new UsageError(`${format} needs no folder.`, 'Name its file with --from.');
        const { runImport } = await import('../import/run-import.ts');
        return runImport(format, options.json && !options.yes ? { ...options, dryRun: true } : options, adapters);
      }
      const { out, force } = options;
      const adapter = able.find(({ kind }) => kind === format);
      const names = [...IMPORT_CLIENTS, ...able.map(({ kind }) => kind)];
      if (!adapter?.convert)
        throw new UsageError(`"${format}" cannot be imported.`, didYouMean(format, names).trim() || `Use one of: ${names.join(', ')}.`);
      if (folder === undefined)
        throw new UsageError('The folder of the project is missing.', `Example: plugmux import ${format} ./project`);
      const dir = resolve(folder);
      if (!existsSync(dir)) throw new UsageError(`${dir} does not exist.`, 'Pass the folder of the project.');
      const file = out === '-' ? undefined : resolve(out ?? join(dir, 'mcp.json'));
      if (file !== undefined && existsSync(file) && !force)
        throw new UsageError(`${file} already exists.`, 'Choose another file with --out, or replace it with --force.');
      const { config, notes } = await adapter.convert(dir, file === undefined ? dir : dirname(file));
      const text = `${JSON.stringify(config, null, 2)}\n`;
      if (file === undefined) process.stdout.write(text);
      else {
        writeOut(file, text);
        process.stdout.write(`Wrote ${file}. Check it with: plugmux doctor --config ${file}\n`);
      }
      for (const note of notes) process.stderr.write(`note: ${ownRedactor.text(note)}\n`);
    });
}
