import type { JsonMap, Overview } from '../../../api/types.ts';

const isPlain = /^[\w@%+=:,./-]+$/;
const quoted = (text: string): string => (isPlain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The same call for a shell: over HTTP, or by the command where this port serves only the console. */
export function shellLineOf(tool: string, profile: string, value: JsonMap, { command, tokenFrom }: Overview['shell']): string {
  const json = JSON.stringify(value);
  if (command) {
    const asProfile = profile === 'default' ? [] : ['--profile', profile];
    return [...command, ...asProfile, '--', tool, json].map(quoted).join(' ');
  }
  const path = ['api/tools', ...[...(profile === 'default' ? [] : [profile]), tool].map(encodeURIComponent)].join('/');
  // The page has no token that calls tools.
  const login = tokenFrom === undefined ? '' : ` -H "Authorization: Bearer $${tokenFrom}"`;
  return `curl -sS ${quoted(new URL(path, document.baseURI).href)}${login} -H 'content-type: application/json' -d ${quoted(json)}`;
}
