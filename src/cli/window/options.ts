import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';

/** The options of `plugmux stdio`, read without the library that reads all commands. */
export interface WindowOptions {
  readonly config?: string;
  readonly profile: string;
  readonly standalone: boolean;
}

const VALUES = ['--config', '--profile', '--log-level'];

/** Reads the arguments after `stdio`; undefined if one of them is unknown, so that the whole command line reports it. */
export function readOptions(args: readonly string[]): WindowOptions | undefined {
  const values = new Map<string, string>();
  let standalone = false;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] as string;
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    if (argument === '--standalone') standalone = true;
    else if (!VALUES.includes(name)) return undefined;
    else if (equals >= 0) values.set(name, argument.slice(equals + 1));
    else {
      const value = args[++at];
      if (value === undefined) return undefined;
      values.set(name, value);
    }
  }
  const config = values.get('--config');
  return { ...(config === undefined ? {} : { config }), profile: values.get('--profile') ?? DEFAULT_PROFILE, standalone };
}
