/** How a format writes placeholders. */
export interface SubstitutionRules {
  /** Names of arguments, in the order of the words they stand for. */
  readonly names?: readonly string[];
  /** Values of `${NAME}`; others stay. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The index of the first word in `$N`. Default: 0. */
  readonly first?: 0 | 1;
}

const PLACEHOLDER =
  /(\\)?\$(?:ARGUMENTS(?:\[(\d{1,3})\])?(?![A-Za-z0-9_])|(\d{1,3})(?![A-Za-z0-9_])|\{([A-Z][A-Z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_-]*))/g;

/**
 * Puts arguments and variables into a text, in one pass: `$ARGUMENTS`, `$ARGUMENTS[N]`, `$N`, `$name` and `${NAME}`. `\$` escapes.
 * An index without a word stays; a name without one becomes empty. If the text has no place for arguments, they are appended.
 */
export function substitute(text: string, args: string, { names = [], variables = {}, first = 0 }: SubstitutionRules = {}): string {
  const words = toWords(args);
  let hasPlace = false;
  const filled = text.replace(PLACEHOLDER, (whole, escaped, item, index, variable, name) => {
    if (variable !== undefined) {
      const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
      return value === undefined ? whole : escaped === undefined ? value : whole.slice(1);
    }
    const at = name === undefined ? -1 : names.indexOf(name);
    if (name !== undefined && at < 0) return whole;
    if (escaped !== undefined) return whole.slice(1);
    hasPlace = true;
    if (name !== undefined) return words[at] ?? '';
    if (item !== undefined) return words[Number(item)] ?? whole;
    if (index !== undefined) return words[Number(index) - first] ?? whole;
    return args;
  });
  return hasPlace || args.trim() === '' ? filled : `${filled.trimEnd()}\n\nARGUMENTS: ${args}`;
}

/** Splits arguments at blanks; quotes keep blanks inside a word. */
export function toWords(args: string): string[] {
  return [...args.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) =>
    double === undefined ? (single ?? plain ?? '') : double.replace(/\\(.)/g, '$1'),
  );
}

/** Whether a text has commands that its original host would run: `` !`command` `` or a block that begins with ```` ```! ````. */
export function hasShellText(text: string): boolean {
  return /(?:^|\s)!`[^`\n]+`/m.test(text) || /^```!/m.test(text);
}
