// Words that mark a key as secret at any position; plurals included.
const SECRETS: ReadonlySet<string> = new Set(
  (
    'password passwd passphrase passcode pass pwd secret token key apikey credential cred authorization cookie dsn webhook pat ' +
    'bearer jwt otp totp'
  ).split(' '),
);
// Keys without separators: PGPASSWORD, AUTHTOKEN, MYAPIKEY.
const RUN_TOGETHER =
  /(password|passwd|passphrase|secret|token|credential|webhook|dsn|(api|access|account|admin|app|auth|client|encryption|gpg|license|master|private|secret|service|session|shared|signing|ssh|storage)key|(db|ftp|login|mail|my|pg|redis|root|smtp|sql|ssh|user)pass)s?$/;
// Words after a secret word that make the value harmless. Addresses do not if the word is a webhook or DSN.
const ABOUT: ReadonlySet<string> = new Set(
  (
    'algorithm alg bytes chars column count dir enabled endpoint env expires expiry field file folder format header host id length limit ' +
    'mode name path policy port prefix region required size timeout ttl type uri url var version'
  ).split(' '),
);
const ADDRESSES: ReadonlySet<string> = new Set(['endpoint', 'uri', 'url']);
const COUNTED = /^(max|min|num|number|total|per|used)$/;
// Words before "token" that make it a position in a list.
const CURSORS: ReadonlySet<string> = new Set(['page', 'next', 'continuation', 'cursor', 'progress', 'sync']);
const OUTPUT_KEY = /^(authorization|cookie|password|passwd|passphrase|pwd|secret|token|apikey|credential|dsn)s?$/;

/** Splits a key into lower-case words; `apiKey`, `api-key` and `API_KEY` give the same two. */
function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word !== '');
}

/** Whether the value of a key in an environment, configuration or command line is a secret, by its name. */
export function namesSecret(key: string): boolean {
  const words = wordsOf(key);
  const last = words.at(-1) ?? '';
  if (last === 'auth') return true;
  if (last.endsWith('s') && words.some((word) => COUNTED.test(word))) return false;
  return words.some((word, i) => {
    if (!SECRETS.has(word) && !SECRETS.has(word.replace(/s$/, '')) && !RUN_TOGETHER.test(word)) return false;
    const rest = words.slice(i + 1);
    return !rest.some((after) => ABOUT.has(after) && !(ADDRESSES.has(after) && /(webhook|dsn)s?$/.test(word)));
  });
}

/** Like `namesSecret`, for output data; narrower, since plugins use "key" and "pass" for many harmless values. */
export function isSecretKey(key: string): boolean {
  const words = wordsOf(key);
  const [last = '', before = ''] = [words.at(-1), words.at(-2)];
  if (/^keys?$/.test(last)) return /^(api|access|private|secret)$/.test(before);
  return OUTPUT_KEY.test(last) && !CURSORS.has(before);
}
