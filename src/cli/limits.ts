import type { Command } from 'commander';
import { LIMITS, type LimitName } from '../config/limits.ts';
import type { Adapter } from '../core/adapter.ts';
import { type CommonOptions, openSession } from './context.ts';
import { columns, printMasked } from './print.ts';

/** `plugmux limits`: every limit, its value here and where the value comes from. */
export function addLimits(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('limits')
    .description('print every limit and where its value comes from')
    .option('--json', 'print JSON')
    .action((options: CommonOptions) => {
      const { config } = openSession(options, adapters, { here: true, quiet: true });
      const rows = Object.entries(LIMITS).map(([name, { value: standard, unit, meaning }]) => {
        const value = config.limits[name as LimitName];
        return { name, value, unit, source: value === standard ? 'default' : config.at('limits', name), meaning };
      });
      const perPlugin = [...config.plugins.values()].flatMap(({ id, limits }) =>
        Object.entries(limits).map(([name, value]) => ({
          name: `plugins.${id}.${name}`,
          value,
          source: config.at('plugins', id, 'limits', name),
        })),
      );
      printMasked({ limits: rows, plugins: perPlugin }, options.json, () =>
        columns([
          ...rows.map(({ name, value, unit, source, meaning }) => [name, String(value), unit, source, meaning]),
          ...perPlugin.map(({ name, value, source }) => [
            name,
            typeof value === 'object' ? JSON.stringify(value) : String(value),
            '',
            source,
            '',
          ]),
        ]),
      );
    });
}
