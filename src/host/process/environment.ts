const PASSED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'SystemRoot',
  'ComSpec',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
];

/** Most levels of gateways that start each other; a deeper one refuses to start. */
export const MAX_NESTING = 2;

/** Number of gateways among the ancestors of this process. */
export function nesting(env: NodeJS.ProcessEnv): number {
  return Number(env.PLUGMUX_DEPTH ?? 0) || 0;
}

/** The environment of a plugin process: a few variables of the gateway, the configured ones, and two marks. */
export function childEnvironment(own: Readonly<Record<string, string>>, mark: string): NodeJS.ProcessEnv {
  const passed = PASSED.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]);
  return {
    ...Object.fromEntries(passed),
    ...own,
    PLUGMUX_DEPTH: String(nesting(process.env) + 1),
    PLUGMUX_PROCESS: mark,
  };
}
