// JSON.stringify escapes lone surrogates, and strict parsers then reject the whole message.

/** Matches every escape of a JSON text, so that an escaped backslash is not taken for the start of another escape. */
const ESCAPES = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/gs;

/** Replaces lone surrogates with U+FFFD in the output of JSON.stringify, which writes escapes in lower case. */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? replaceLone(json) : json;
}

/** Like `wellFormedJson`, for external JSON texts, whose escapes may be in either case. */
export function wellFormedForeignJson(json: string): string {
  return json.includes('\\ud') || json.includes('\\uD') ? replaceLone(json) : json;
}

function replaceLone(json: string): string {
  return json.replace(ESCAPES, (whole, lone: string | undefined) => (lone === undefined ? whole : '\ufffd'));
}

/** Whether a text contains no lone surrogates. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
