import type { Command } from 'commander';
import { toEditorSchema } from '../../config/schema.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { writeOut } from '../write-out.ts';

/** `plugmux schema`: the JSON Schema of mcp.json, for editors. */
export function addSchema(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('schema')
    .description('print the JSON Schema of mcp.json')
    .option('--out <file>', 'write it to a file')
    .action((options: { out?: string }) => {
      const text = `${JSON.stringify(toEditorSchema(adapters), null, 2)}\n`;
      if (options.out === undefined) process.stdout.write(text);
      else writeOut(options.out, text);
    });
}
