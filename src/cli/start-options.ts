import type { CommonOptions } from './context.ts';

/** The options of `plugmux serve` and `plugmux stdio`, as the command line names them. */
export interface StartOptions extends CommonOptions {
  readonly http?: string;
  readonly profile?: string;
  readonly standalone?: boolean;
}

interface Known {
  readonly values: Readonly<Record<string, keyof StartOptions>>;
  readonly flags: Readonly<Record<string, keyof StartOptions>>;
}

const COMMON = { '--config': 'config', '--log-level': 'logLevel' } as const;
const KNOWN: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['serve', { values: { ...COMMON, '--http': 'http' }, flags: { '--json': 'json' } }],
  ['stdio', { values: { ...COMMON, '--profile': 'profile' }, flags: { '--standalone': 'standalone' } }],
]);

/**
 * Reads the arguments after `serve` or `stdio`, because a start should not wait for the library that reads all commands.
 * Undefined if one of them is unknown or incomplete, so that this library reports it.
 */
export function readStart(command: string | undefined, args: readonly string[]): StartOptions | undefined {
  const known = KNOWN.get(command ?? '');
  if (!known) return undefined;
  const options: Partial<Record<keyof StartOptions, string | boolean>> = {};
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] as string;
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    if (Object.hasOwn(known.flags, argument)) options[known.flags[argument] as keyof StartOptions] = true;
    else if (!Object.hasOwn(known.values, name)) return undefined;
    else {
      const value = equals >= 0 ? argument.slice(equals + 1) : args[++at];
      if (value === undefined) return undefined;
      options[known.values[name] as keyof StartOptions] = value;
    }
  }
  return options as StartOptions;
}
