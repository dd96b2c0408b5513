import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import { UsageError } from '../context.ts';
import { ownRedactor } from '../redactor.ts';
import { writeOut } from '../write-out.ts';

/** `plugmux import`: converts a project of another framework to an mcp.json. */
export function addImport(program: Command, adapters: readonly Adapter[]): void {
  const able = adapters.filter(({ convert }) => convert !== undefined);
  program
    .command('import')
    .description('convert a project of another framework to mcp.json')
    .argument('<format>', able.map(({ kind }) => kind).join(', '))
    .argument('<folder>', 'the project')
    .option('--out <file>', 'the file to write; default: mcp.json in that folder; "-" prints it')
    .addOption(new Option('--force', 'replace an existing file'))
    .helpGroup('Configuration:')
    .addHelpText('after', `\nExample:\n  $ plugmux import ${able[0]?.kind ?? '<format>'} ./project`)
    .action(async (format: string, folder: string, { out, force }: { out?: string; force?: boolean }) => {
      const adapter = able.find(({ kind }) => kind === format);
      if (!adapter?.convert)
        throw new UsageError(
          `Projects of the format "${format}" cannot be imported.`,
          `Formats: ${able.map(({ kind }) => kind).join(', ')}.`,
        );
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
