const VARIABLE = /\{([A-Za-z0-9_.%+*-]+)\}/g;
const EXPRESSION = /\{([+#./]?)([^{}?&;]+)\}/g;
const QUERY = /\{([?&])([^{}]+)\}$/;

/**
 * Matches an address against an RFC 6570 template. Query variables (`{?name}`) are optional and in any order. An exploded
 * value (`{name*}`) is one text, slashes included, as servers use it. Undefined if the address does not match.
 */
export function matchTemplate(template: string, uri: string): Record<string, string> | undefined {
  const [query, mark = '', names = ''] = QUERY.exec(template) ?? [];
  if (query === undefined) return matchPath(toVariables(template), uri);
  const path = template.slice(0, -query.length);
  const from = uri.indexOf(mark, path.split('{', 1)[0]?.length);
  const values = matchPath(toVariables(path), from < 0 ? uri : uri.slice(0, from));
  if (!values) return undefined;
  const given = new URLSearchParams(from < 0 ? '' : uri.slice(from + 1));
  for (const name of names.split(',')) {
    const key = name.replace(/\*$|:\d+$/, '');
    const value = given.get(key);
    if (value !== null) values[key] = value;
  }
  return values;
}

// Rewrites other expressions as `{name}`, `{+name}` and `{name*}` with literal prefixes and separators.
function toVariables(template: string): string {
  return template.replace(EXPRESSION, (_, operator: string, names: string) => {
    const [before, between, kind] =
      operator === '/' || operator === '.' ? [operator, operator, ''] : [operator === '#' ? '#' : '', ',', operator && '+'];
    return (
      before +
      names
        .split(',')
        .map((name) => `{${kind}${name.replace(/:\d+$/, '')}}`)
        .join(between)
    );
  });
}

// Linear in the address: each variable ends at the first occurrence of the literal after it.
function matchPath(template: string, uri: string): Record<string, string> | undefined {
  // The names are untrusted, so the object has no prototype: `__proto__` must be an ordinary name.
  const values: Record<string, string> = Object.create(null);
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
    if (!/^\+|\*$/.test(name) && value.includes('/')) return false;
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
