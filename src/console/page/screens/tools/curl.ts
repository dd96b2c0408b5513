import type { JsonMap } from '../../../api/types.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same call for a shell. With tokens configured it needs one, which the page does not have. */
export function curlOf(tool: string, profile: string, value: JsonMap): string {
  const path = ['api/tools', ...(profile === 'default' ? [] : [profile]), tool]
    .map((part) => (part === 'api/tools' ? part : encodeURIComponent(part)))
    .join('/');
  return `curl -sS ${quoted(new URL(path, document.baseURI).href)} -H 'content-type: application/json' -d ${quoted(JSON.stringify(value))}`;
}
