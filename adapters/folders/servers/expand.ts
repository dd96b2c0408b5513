/** What a reference in a text means. */
export type Meaning =
  | { readonly value: string; readonly setting?: string }
  /** A setting that is not set. */
  | { readonly unset: string }
  /** Not a reference of this format: it stays as it is. */
  | undefined;

/** How a format writes references, and what they mean. */
export interface Variables {
  /** Whether `$NAME` without braces is a reference, too. */
  readonly bare: boolean;
  /** The meaning of a name; `fallback` is the text after `:-`, if any. */
  lookUp(name: string, fallback: string | undefined): Meaning;
}

/** A text with its references filled in. */
export interface Expanded {
  readonly text: string;
  /** Settings that are not set; their references stay as they are. */
  readonly unset: readonly string[];
  /** References that the format does not know. */
  readonly unknown: readonly string[];
  /** Settings whose values are in it. */
  readonly filled: readonly string[];
}

const BRACES = /\$\{([^{}$]*)\}/g;
const BRACES_OR_BARE = /\$(?:\{([^{}$]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/** Fills in the references of a text in one pass: values are not searched again. */
export function expand(text: string, { bare, lookUp }: Variables): Expanded {
  const unset: string[] = [];
  const unknown: string[] = [];
  const filled: string[] = [];
  const expanded = text.replace(bare ? BRACES_OR_BARE : BRACES, (whole, inBraces: string | undefined, plain: string | undefined) => {
    const [name = '', ...rest] = (inBraces ?? plain ?? '').split(':-');
    const meaning = lookUp(name, rest.length > 0 ? rest.join(':-') : undefined);
    if (meaning === undefined) {
      // A dollar sign before a word is mostly just that.
      if (inBraces !== undefined) unknown.push(whole);
      return whole;
    }
    if ('value' in meaning) {
      if (meaning.setting !== undefined) filled.push(meaning.setting);
      return meaning.value;
    }
    unset.push(meaning.unset);
    return whole;
  });
  return { text: expanded, unset, unknown, filled };
}
