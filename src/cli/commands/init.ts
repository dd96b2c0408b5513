import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { PACKAGE_ROOT } from '../../core/package.ts';
import { type CommonOptions, UsageError } from '../context.ts';
import { print } from '../print.ts';
import { writeOut } from '../write-out.ts';

/** `plugmux init`: a first mcp.json that serves the plugins that come with the package. */
export function addInit(program: Command): void {
  program
    .command('init')
    .description('write a first mcp.json here, or to the file named by --config')
    .option('--json', 'print JSON')
    .action((options: CommonOptions) => {
      const file = resolve(options.config ?? 'mcp.json');
      if (existsSync(file)) throw new UsageError(`${file} exists already.`, 'Name another file with --config, or edit it.');
      const from = (path: string): string => {
        const short = relative(join(file, '..'), join(PACKAGE_ROOT, path));
        return short.startsWith('.') ? short : `./${short}`;
      };
      const own = join(file, '..', 'plugins');
      const folders = [...(existsSync(own) && resolve(own) !== resolve(PACKAGE_ROOT, 'plugins') ? ['./plugins'] : []), from('plugins')];
      const config = {
        $schema: from('dist/mcp.schema.json'),
        pluginFolders: folders,
        listen: { http: '127.0.0.1:8808' },
        oneGateway: true,
      };
      writeOut(file, `${JSON.stringify(config, null, 2)}\n`);
      print({ file }, options.json, () => `Wrote ${file}. Serve it with: plugmux serve --config ${file}`);
    });
}
