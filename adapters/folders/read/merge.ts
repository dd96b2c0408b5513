import type { Declared, ToolRule } from '../format.ts';
import type { ServerPart } from '../servers/server-part.ts';

/** What the manifests of one folder declare together: of two parts with one name, the first counts. */
export function merge(all: readonly [Declared, ...Declared[]]): Declared {
  const [first] = all;
  const title = all.find((one) => one.title !== undefined)?.title;
  const description = all.find((one) => one.description !== undefined)?.description;
  const version = all.find((one) => one.version !== undefined)?.version;
  return {
    ...first,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(version === undefined ? {} : { version }),
    settings: Object.assign({}, ...all.map(({ settings }) => settings).reverse()),
    required: unique(all.flatMap(({ required }) => required)),
    servers: serversOf(all),
    texts: withoutTwins(
      all.flatMap(({ texts }) => texts),
      (one, other) => one.kind === other.kind && (one.name === other.name || (one.file !== undefined && one.file === other.file)),
    ),
    context: unique(all.flatMap(({ context }) => context)),
    starters: unique(all.flatMap(({ starters }) => starters)),
    skills: unique(all.flatMap(({ skills }) => skills)),
    rules: all.flatMap(({ rules }) => rules),
    problems: all.flatMap(({ problems }) => problems),
    facts: Object.assign({}, ...all.map(({ facts }) => facts).reverse()),
  };
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}

function withoutTwins<T>(list: readonly T[], isTwin: (one: T, other: T) => boolean): T[] {
  const kept: T[] = [];
  for (const item of list) if (!kept.some((one) => isTwin(one, item))) kept.push(item);
  return kept;
}

// One manifest may name a server twice, but a further manifest mostly repeats what others have.
function serversOf(all: readonly Declared[]): ServerPart[] {
  const kept: ServerPart[] = [];
  for (const { servers } of all) {
    const before = [...kept];
    kept.push(...servers.filter((server) => !before.some((one) => one.name === server.name || isSame(one, server))));
  }
  return kept;
}

// One server under two names.
function isSame({ server: one, bundle }: ServerPart, { server: other, bundle: second }: ServerPart): boolean {
  if (bundle !== undefined || second !== undefined) return bundle === second;
  const address = one.url ?? one.httpUrl ?? one.serverUrl;
  if (address !== undefined) return address === (other.url ?? other.httpUrl ?? other.serverUrl);
  return (
    one.command === other.command &&
    JSON.stringify(one.args) === JSON.stringify(other.args) &&
    JSON.stringify(one.env) === JSON.stringify(other.env)
  );
}

/** The keys of a server's entry by which the plugin's own rules restrict its tools. */
export function ruleKeys(server: string, rules: readonly ToolRule[]): { readonly askTools?: string[]; readonly excludeTools?: string[] } {
  const own = rules.filter((rule) => rule.server === undefined || rule.server === server);
  const toolOf = ({ tool }: ToolRule): string =>
    tool.startsWith(`mcp_${server}_`)
      ? tool.slice(`mcp_${server}_`.length)
      : tool.startsWith(`${server}__`)
        ? tool.slice(server.length + 2)
        : tool;
  const named = (decision: ToolRule['decision']): string[] => own.filter((rule) => rule.decision === decision).map(toolOf);
  const [ask, deny] = [named('ask'), named('deny')];
  return { ...(ask.length > 0 ? { askTools: ask } : {}), ...(deny.length > 0 ? { excludeTools: deny } : {}) };
}
