const JSON_TYPE = /^application\/json[ \t]*(?=;|$)/i;
// One parameter: a name, and a token or a quoted string.
const PARAMETER = /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s;"]*))?[ \t]*/y;

/** Classifies a Content-Type: JSON in UTF-8, JSON in another charset, or another type. */
export function readMediaType(header: string | undefined): 'json' | 'charset' | 'other' {
  if (header === 'application/json') return 'json';
  const type = JSON_TYPE.exec(header?.trim() ?? '');
  if (!type) return 'other';
  const text = type.input;
  PARAMETER.lastIndex = type[0].length;
  while (PARAMETER.lastIndex < text.length) {
    const parameter = PARAMETER.exec(text);
    if (!parameter) return 'other';
    const [, name, value = ''] = parameter;
    if (name?.toLowerCase() === 'charset' && !/^utf-?8$/i.test(unquote(value))) return 'charset';
  }
  return 'json';
}

/** Whether a Content-Type, of any type, names a charset other than UTF-8. */
export function namesOtherCharset(header: string | undefined): boolean {
  return header !== undefined && header !== 'application/json' && readMediaType(header.replace(/^[^;]*/, 'application/json')) === 'charset';
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1').trim() : value;
}
