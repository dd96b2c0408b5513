import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { LIMITS, type LimitName } from '../../config/limits.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { type CommonOptions, openSession } from '../context.ts';
import { columns, printMasked } from '../print.ts';

// Behind trusted proxies, the default differs.
function sourceOf(name: LimitName, { ownLimits, limits, at }: Config): string {
  if (Object.hasOwn(ownLimits, name)) return at('limits', name);
  return name === 'keepAliveMs' && limits[name] !== LIMITS[name].value ? at('listen', 'proxies') : 'default';
}

/** `plugmux limits`: every limit, its value here and where the value comes from. */
export function addLimits(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('limits')
    .description('print every limit and where its value comes from')
    .option('--json', 'print JSON')
    .action((options: CommonOptions) => {
      const { config } = openSession(options, adapters, { here: true, quiet: true });
      const rows = Object.entries(LIMITS).map(([name, { unit, meaning }]) => {
        const value = config.limits[name as LimitName];
        return { name, value, unit, source: sourceOf(name as LimitName, config), meaning };
      });
      const perPlugin = [...config.plugins.values()].flatMap(({ id, limits }) =>
        Object.entries(limits).map(([name, value]) => ({
          name: `plugins.${id}.${name}`,
          value,
          source: config.at('plugins', id, 'limits', name),
        })),
      );
      const { callTimeoutMs } = config.ownLimits;
      const formats = adapters.flatMap(({ kind, callTimeoutMs: usual }) =>
        usual === undefined
          ? []
          : [
              callTimeoutMs === undefined
                ? { name: `callTimeoutMs of ${kind}`, value: Math.min(usual, config.limits.callCapMs), source: `the default of ${kind}` }
                : { name: `callTimeoutMs of ${kind}`, value: callTimeoutMs, source: config.at('limits', 'callTimeoutMs') },
            ],
      );
      printMasked({ limits: rows, formats, plugins: perPlugin }, options.json, () =>
        columns([
          ...rows.map(({ name, value, unit, source, meaning }) => [name, String(value), unit, source, meaning]),
          ...formats.map(({ name, value, source }) => [
            name,
            String(value),
            'ms',
            source,
            'one call, unless the plugin or tool has its own',
          ]),
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
