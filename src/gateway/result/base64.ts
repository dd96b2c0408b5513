const WHITESPACE = /[\t\n\f\r ]+/g;
const LOOSE = /^[A-Za-z0-9+/]*$/;

/** Whether a text is base64 that clients can decode: whitespace and missing padding are valid, the URL-safe alphabet is not. */
export function isBase64(text: string): boolean {
  return isStrict(text) || isLoose(text);
}

// Decoding is ten times as fast as a pattern; skipped invalid characters show in the length.
function isStrict(text: string): boolean {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_') || Buffer.byteLength(text) !== text.length) return false;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Buffer.from(text, 'base64').length === (text.length / 4) * 3 - padding;
}

function isLoose(text: string): boolean {
  const bare = text.replace(WHITESPACE, '');
  const data = bare.length % 4 === 0 ? bare.replace(/={1,2}$/, '') : bare;
  return data.length % 4 !== 1 && LOOSE.test(data);
}
