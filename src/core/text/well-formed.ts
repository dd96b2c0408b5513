// JSON.stringify writes half a surrogate pair as an escape, and strict JSON readers then refuse the whole message.

/** Every escape of a JSON text in turn, so that an escaped backslash never counts as the start of the next one. */
const ESCAPES = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/gs;

/** A JSON text of our own with U+FFFD in place of each half of a surrogate pair. JSON.stringify spells them in lower case. */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? replaceHalves(json) : json;
}

/** The same for a JSON text that somebody else wrote, whose escapes may be in either case. */
export function wellFormedForeignJson(json: string): string {
  return json.includes('\\ud') || json.includes('\\uD') ? replaceHalves(json) : json;
}

function replaceHalves(json: string): string {
  return json.replace(ESCAPES, (whole, half: string | undefined) => (half === undefined ? whole : '\ufffd'));
}

/** Whether a text holds no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
