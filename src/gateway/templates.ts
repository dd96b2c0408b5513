const VARIABLE = /\{([A-Za-z0-9_.%+*]+)\}/g;

/**
 * Matches an address against a template of RFC 6570 level 1 (`{name}`) or with reserved characters (`{+name}`).
 * Linear in the address: each variable ends where the text behind it first occurs. Undefined where it does not fit.
 */
export function matchTemplate(template: string, uri: string): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  let at = 0;
  let from = 0;
  let name: string | undefined;
  const close = (literal: string, last: boolean): boolean => {
    if (name === undefined) {
      if (!uri.startsWith(literal, at)) return false;
      at += literal.length;
      return true;
    }
    const end = last && literal === '' ? uri.length : last ? uri.length - literal.length : uri.indexOf(literal, at + 1);
    if (end <= at || !uri.startsWith(literal, end)) return false;
    const value = uri.slice(at, end);
    if (!name.startsWith('+') && value.includes('/')) return false;
    const decoded = decode(value);
    if (decoded === undefined) return false;
    values[name.replace(/^\+|\*$/g, '')] = decoded;
    at = end + literal.length;
    return true;
  };
  for (const match of template.matchAll(VARIABLE)) {
    if (!close(template.slice(from, match.index), false)) return undefined;
    name = match[1] as string;
    from = match.index + match[0].length;
  }
  if (!close(template.slice(from), true) || at !== uri.length) return undefined;
  return values;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
