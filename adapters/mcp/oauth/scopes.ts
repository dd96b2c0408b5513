const MAX_LENGTH = 1_000;
// What RFC 6749 lets a scope be made of; whatever else a server says is nobody's scope.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Every scope that one of the texts names, once, as one text; undefined where there is none. */
export function joinScopes(...texts: readonly unknown[]): string | undefined {
  const words = texts.flatMap((text) => (typeof text === 'string' ? text.split(/\s+/) : [])).filter((word) => SCOPE.test(word));
  let length = 0;
  const kept = [...new Set(words)].filter((word) => {
    length += word.length + 1;
    return length <= MAX_LENGTH;
  });
  return kept.length === 0 ? undefined : kept.join(' ');
}
