const VARIABLE = /\{([A-Za-z0-9_.%+*-]+)\}/g;
const EXPRESSION = /\{([+#./]?)([^{}?&;]+)\}/g;
const QUERY = /\{([?&])([^{}]+)\}$/;

/**
 * Matches an address against a template of RFC 6570. A query (`{?name}`) may be there or not, in any order; values of
 * several parts (`{name*}`) are one text, slashes included, as servers have them. Undefined where it does not fit.
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

// Every other form as one of `{name}`, `{+name}` and `{name*}`, with what stands before and between them.
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

// Linear in the address: each variable ends where the text behind it first occurs.
function matchPath(template: string, uri: string): Record<string, string> | undefined {
  // The names come from outside: without a prototype, `__proto__` is a name like any other.
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
