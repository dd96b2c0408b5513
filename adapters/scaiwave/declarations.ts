/** A plugin class as the text of a file shows it. */
export interface Declared {
  readonly className: string;
  /** The manifest's id, where it is written out. */
  readonly id?: string;
  /** The id by which two of them are one plugin: its own, or the one that a class above it writes out. */
  readonly key?: string;
}

const IMPORTS = /^\s*(?:from\s+app\.plugins(?:\.\w+)*\s+import\b|import\s+app\.plugins\b)/m;
const CLASS = /^class\s+(\w+)\s*\(([^)]*)\)\s*:/gm;
const ID = [/\bPluginManifest\(\s*(?:id\s*=\s*)?(["'])([^"'\n]+)\1/, /\bPluginManifest\([^)]*?\bid\s*=\s*(["'])([^"'\n]+)\1/];
/** An id that stands in a constant. */
const ID_NAME = /\bPluginManifest\((?:\s*(?:id\s*=\s*)?|[^)]*?\bid\s*=\s*)(?:\w+\.)?([A-Za-z_]\w*)\s*[,)]/;
/** Statements about the list, with the lines that go on or close them. */
const LIST = /^BUILTIN_PLUGINS\b(?!\s*:[^=\n]*$).*(?:\n(?:[ \t]+\S.*|[\])}].*|[ \t]*(?:#.*)?(?=\n)))*/gm;
/** A method that a class leaves to its heirs. */
const ABSTRACT = /@(?:abc\.)?abstractmethod\s+(?:async\s+)?def\s+(\w+)/g;
/** What stands among the bases of a class and brings no method of a plugin. */
const BARE = /^$|^(?:object|ABC|Protocol|Generic\b.*|metaclass\s*=.*|\w*\])$/;
const RENAMED = /\b(\w+)\s+as\s+(\w+)/g;

/** Whether a text imports from the format's own package. */
export function importsFormat(text: string): boolean {
  return IMPORTS.test(text);
}

/** A class as its text shows it. */
interface PythonClass {
  readonly className: string;
  readonly bases: readonly string[];
  /** Its text without what it leaves to its heirs, which stands in `abstract`. */
  readonly body: string;
  readonly abstract: readonly string[];
}

/**
 * The plugin classes of a text, in their order: those that lack nothing, with what the classes above them bring. These may
 * stand in one of the texts beside it.
 */
export function declaredIn(text: string, beside: readonly string[] = []): Declared[] {
  const own = classesIn(text);
  const known = new Map([...beside.flatMap(classesIn), ...own].map((c) => [c.className, c]));
  const listed = namedInList(text);
  const found = own.filter((c) => isPlugin(c, known) && (listed.length === 0 || listed.includes(c.className)));
  const ids = found.map(({ body }) => idIn(body, text));
  // A manifest that stands outside its class belongs to the only class there is.
  if (found.length === 1) ids[0] ??= idIn(text, text);
  return found.map((found, i) => {
    const key = ids[i] ?? inheritedId(found, known);
    return {
      className: found.className,
      ...(ids[i] === undefined ? {} : { id: ids[i] }),
      ...(key === undefined ? {} : { key }),
    };
  });
}

/** The plugins of several files: of those with one id, the first. */
export function withoutTwins(declared: readonly Declared[]): Declared[] {
  return declared.filter(({ key }, i) => key === undefined || declared.findIndex((other) => other.key === key) === i);
}

// A manifest of a class above it is this one's too, with what this one sets.
function inheritedId(start: PythonClass, known: ReadonlyMap<string, PythonClass>): string | undefined {
  const above = new Set([start]);
  for (const { bases } of above) for (const base of bases) if (known.has(base)) above.add(known.get(base) as PythonClass);
  const bodies = [...above].map(({ body }) => body);
  const owner = bodies.find((body) => /\bPluginManifest\(/.test(body));
  return owner === undefined ? undefined : idIn(owner, bodies.join('\n'), bodies);
}

function classesIn(text: string): PythonClass[] {
  const renamed = renamedIn(text);
  return [...text.matchAll(CLASS)].map(({ 1: className = '', 2: bases = '', index }, i, all) => {
    const whole = text.slice(index, all[i + 1]?.index ?? text.length);
    return {
      className,
      bases: bases.split(',').map((base) => {
        const name = base.trim().split('.').at(-1) as string;
        return renamed.get(name) ?? name;
      }),
      body: whole.replaceAll(ABSTRACT, ''),
      abstract: [...whole.matchAll(ABSTRACT)].map((match) => match[1] as string),
    };
  });
}

function isPlugin(start: PythonClass, known: ReadonlyMap<string, PythonClass>): boolean {
  const above = new Set([start]);
  const unknown = new Set<string>();
  for (const { bases } of above) {
    for (const base of bases) {
      const found = known.get(base);
      if (found) above.add(found);
      else unknown.add(base);
    }
  }
  if (!unknown.delete('BasePlugin') || start.abstract.length > 0) return false;
  const bodies = [...above].map(({ body }) => body);
  if (!bodies.some((body) => /\bmanifest\b/.test(body))) return false;
  // A class that is out of sight may bring anything.
  const isKnown = [...unknown].every((name) => BARE.test(name));
  const wanted = ['execute_tool', ...[...above].flatMap(({ abstract }) => abstract)];
  return !isKnown || wanted.every((name) => bodies.some((body) => new RegExp(`\\bdef\\s+${name}\\b|^\\s+${name}\\s*[:=]`, 'm').test(body)));
}

function renamedIn(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(RENAMED)].map(([, from, to]) => [to as string, from as string]));
}

/** Names in the statements that make up a `BUILTIN_PLUGINS` list, classes among them; in whatever form it is written. */
export function namedInList(text: string): string[] {
  const plain = text.replace(/(^|\s)#.*$/gm, '$1');
  const renamed = renamedIn(plain);
  const names = [...plain.matchAll(LIST)].flatMap(([statement]) => statement.match(/[A-Za-z_]\w*/g) ?? []);
  return [...new Set(names)].map((name) => renamed.get(name) ?? name);
}

function idIn(body: string, text: string, first: readonly string[] = [body]): string | undefined {
  for (const pattern of ID) {
    const found = pattern.exec(body)?.[2];
    if (found !== undefined) return found;
  }
  const name = ID_NAME.exec(body)?.[1];
  if (name === undefined) return undefined;
  const constant = new RegExp(`^\\s*${name}(?:\\s*:[^=\\n]+)?\\s*=\\s*(["'])([^"'\\n]+)\\1`, 'm');
  for (const part of [...first, text]) {
    const found = constant.exec(part)?.[2];
    if (found !== undefined) return found;
  }
  return undefined;
}
