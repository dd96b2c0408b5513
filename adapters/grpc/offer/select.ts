/** Services of the infrastructure, served only if a rule names them. */
const INFRASTRUCTURE = /^(grpc\.reflection\.|grpc\.health\.v1\.Health$|grpc\.channelz\.|envoy\.)/;

/** Which services and methods of a server become tools. */
export interface Selection {
  /** Whether any method of a service may be served. */
  hasService(service: string): boolean;
  /** Whether a method (`pkg.v1.Service/Method`) is served. */
  hasMethod(path: string): boolean;
  /** The rules that matched nothing so far. */
  unused(): readonly string[];
}

interface Rule {
  readonly text: string;
  readonly excludes: boolean;
  readonly all: RegExp;
  /** The part before the slash, for a rule about methods. */
  readonly service: RegExp;
}

/** Reads the glob lists of an entry. The infrastructure is left out unless a rule names it. */
export function createSelection(services: readonly string[], methods: readonly string[]): Selection {
  const ofServices = services.map(toRule);
  const ofMethods = methods.map(toRule);
  const used = new Set<Rule>();
  const matching = (rules: readonly Rule[], name: string): Rule[] =>
    rules.filter((rule) => {
      const found = rule.all.test(name);
      if (found) used.add(rule);
      return found;
    });
  // A list with only exclusions includes the rest.
  const decide = (rules: readonly Rule[], name: string): boolean | undefined => {
    const found = matching(rules, name);
    if (found.some(({ excludes }) => excludes)) return false;
    if (found.length > 0) return true;
    return rules.some(({ excludes }) => !excludes) ? false : undefined;
  };
  return {
    hasService(service) {
      const decided = decide(ofServices, service);
      if (decided !== undefined) return decided;
      const named = ofMethods.filter(({ excludes }) => !excludes);
      return named.length > 0 ? named.some((rule) => rule.service.test(service)) : !INFRASTRUCTURE.test(service);
    },
    hasMethod(path) {
      return this.hasService(path.split('/', 1)[0] as string) && (decide(ofMethods, path) ?? true);
    },
    unused: () => [...ofServices, ...ofMethods].filter((rule) => !used.has(rule)).map(({ text }) => text),
  };
}

function toRule(text: string): Rule {
  const excludes = text.startsWith('!');
  const pattern = text.slice(excludes ? 1 : 0);
  return { text, excludes, all: toRegExp(pattern), service: toRegExp(pattern.split('/', 1)[0] as string) };
}

// The patterns come from mcp.json, not from a server.
function toRegExp(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replaceAll('?', '.')}$`,
  );
}
