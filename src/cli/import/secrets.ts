import { secretsInAddresses } from '../../config/secrets/secret-values.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json/json.ts';
import { namesSecret } from '../../core/secrets/secret-key.ts';

/** A secret in plain text: the variable that can replace it, and its value. */
export interface PlainSecret {
  readonly variable: string;
  readonly value: string;
}

const SCHEME = /^((?:basic|bearer|token|apikey) +)(\S+)$/i;

/**
 * Finds secrets in plain text in an entry. `entry` is a copy with `${env:NAME}` in their place; `name` is the server's. `taken`
 * holds the values of the variables of all servers.
 */
export function withoutSecrets(
  name: string,
  server: JsonObject,
  taken: Map<string, string>,
): { entry: JsonObject; secrets: readonly PlainSecret[] } {
  const secrets = new Map<string, string>();
  const hide = (wanted: string, value: string): string => {
    let variable = wanted;
    for (let i = 2; (taken.get(variable) ?? value) !== value; i++) variable = `${wanted}_${i}`;
    taken.set(variable, value);
    secrets.set(variable, value);
    return `\${env:${variable}}`;
  };
  const own = (...parts: string[]): string =>
    [name, ...parts]
      .join('_')
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_');
  const isPlain = (value: JsonValue | undefined): value is string => typeof value === 'string' && value !== '' && !value.includes('$');

  const inMap = (map: JsonValue | undefined, variableOf: (key: string) => string): JsonValue | undefined => {
    if (!isJsonObject(map)) return map;
    return Object.fromEntries(
      Object.entries(map).map(([key, value]) => {
        if (!isPlain(value)) return [key, value];
        if (!namesSecret(key) && !/^authorization$/i.test(key)) return [key, inText(value)];
        const [, scheme = '', secret = value] = SCHEME.exec(value) ?? [];
        return [key, scheme + hide(variableOf(key), secret)];
      }),
    );
  };
  const inText = (text: string): string =>
    secretsInAddresses(text).reduce(
      (all, secret) => (secret.length > 3 && all.includes(secret) ? all.replaceAll(secret, hide(own('URL', 'SECRET'), secret)) : all),
      text,
    );
  const inArgs = (args: JsonValue | undefined): JsonValue | undefined => {
    if (!Array.isArray(args)) return args;
    return args.map((arg, i) => {
      if (!isPlain(arg)) return arg;
      const [, flag = '', key = '', value] = /^(--?([A-Za-z][\w-]*)=|([A-Z][A-Z0-9_]*)=)(.+)$/s.exec(arg)?.map((part) => part ?? '') ?? [];
      const named = key || flag.replace(/=$/, '');
      if (flag !== '' && namesSecret(named)) return flag + hide(own(named), arg.slice(flag.length));
      const before = args[i - 1];
      if (
        value === undefined &&
        typeof before === 'string' &&
        /^--?[A-Za-z][\w-]*$/.test(before) &&
        namesSecret(before.replace(/^-+/, '')) &&
        !arg.startsWith('-')
      )
        return hide(own(before), arg);
      const [, header = '', scheme = '', secret] = /^([\w-]+: *)((?:bearer|basic|token) +)?(\S+)$/i.exec(arg) ?? [];
      if (secret !== undefined && (namesSecret(header.replace(/: *$/, '')) || /^authorization:/i.test(header)))
        return header + scheme + hide(own(header.replace(/: *$/, '')), secret);
      return inText(arg);
    });
  };

  const entry: JsonObject = { ...server };
  const set = (key: string, value: JsonValue | undefined): void => {
    if (value !== undefined) entry[key] = value;
  };
  // A variable keeps its name, so that one definition serves every server.
  set(
    'env',
    inMap(server.env, (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : own(key))),
  );
  set(
    'headers',
    inMap(server.headers, (key) => own(key)),
  );
  set('args', inArgs(server.args));
  for (const key of ['url', 'httpUrl', 'serverUrl']) if (isPlain(server[key])) entry[key] = inText(server[key]);
  return { entry, secrets: [...secrets].map(([variable, value]) => ({ variable, value })) };
}
