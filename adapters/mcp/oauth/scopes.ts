const MAX_LENGTH = 1_000;
// The characters of a scope (RFC 6749 section 3.3). Everything else is dropped.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Joins the scopes of several texts without duplicates; undefined if there are none. */
export function joinScopes(...texts: readonly unknown[]): string | undefined {
  const words = texts.flatMap((text) => (typeof text === 'string' ? text.split(/\s+/) : [])).filter((word) => SCOPE.test(word));
  let length = 0;
  const kept = [...new Set(words)].filter((word) => {
    length += word.length + 1;
    return length <= MAX_LENGTH;
  });
  return kept.length === 0 ? undefined : kept.join(' ');
}
