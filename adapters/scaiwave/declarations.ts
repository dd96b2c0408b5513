/** A plugin class found in a file's text. */
export interface Declared {
  readonly className: string;
  /** The manifest's id, if it is a literal. */
  readonly id?: string;
  /** The id that identifies duplicates: its own, or that of a base class. */
  readonly key?: string;
}

const IMPORTS = /^\s*(?:from\s+app\.plugins(?:\.\w+)*\s+import\b|import\s+app\.plugins\b)/m;
const CLASS = /^class\s+(\w+)\s*\(([^)]*)\)\s*:/gm;
const ID = [/\bPluginManifest\(\s*(?:id\s*=\s*)?(["'])([^"'\n]+)\1/, /\bPluginManifest\([^)]*?\bid\s*=\s*(["'])([^"'\n]+)\1/];
/** An id given by a constant. */
const ID_NAME = /\bPluginManifest\((?:\s*(?:id\s*=\s*)?|[^)]*?\bid\s*=\s*)(?:\w+\.)?([A-Za-z_]\w*)\s*[,)]/;
/** Statements about the list, with their continuation lines. */
const LIST = /^BUILTIN_PLUGINS\b(?!\s*:[^=\n]*$).*(?:\n(?:[ \t]+\S.*|[\])}].*|[ \t]*(?:#.*)?(?=\n)))*/gm;
/** An abstract method. */
const ABSTRACT = /@(?:abc\.)?abstractmethod\s+(?:async\s+)?def\s+(\w+)/g;
/** Bases of a class that add no plugin method. */
const BARE = /^$|^(?:object|ABC|Protocol|Generic\b.*|metaclass\s*=.*|\w*\])$/;
const RENAMED = /\b(\w+)\s+as\s+(\w+)/g;

/** Whether a text imports the format's package. */
export function importsFormat(text: string): boolean {
  return IMPORTS.test(text);
}

/** A class found in a text. */
interface PythonClass {
  readonly className: string;
  readonly bases: readonly string[];
  /** Its text without its abstract methods, which are in `abstract`. */
  readonly body: string;
  readonly abstract: readonly string[];
}

/** The concrete plugin classes of a text, in order, including what they inherit. Base classes may be in the texts `beside` it. */
export function declaredIn(text: string, beside: readonly string[] = []): Declared[] {
  const own = classesIn(text);
  const known = new Map([...beside.flatMap(classesIn), ...own].map((c) => [c.className, c]));
  const listed = namedInList(text);
  const found = own.filter((c) => isPlugin(c, known) && (listed.length === 0 || listed.includes(c.className)));
  const ids = found.map(({ body }) => idIn(body, text));
  // A manifest outside a class belongs to the only class of the file.
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

/** Removes plugins with duplicate ids; the first one wins. */
export function withoutTwins(declared: readonly Declared[]): Declared[] {
  return declared.filter(({ key }, i) => key === undefined || declared.findIndex((other) => other.key === key) === i);
}

// A manifest in a base class applies to this class, with the constants it sets.
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
  // An unknown base class may define any method.
  const isKnown = [...unknown].every((name) => BARE.test(name));
  const wanted = ['execute_tool', ...[...above].flatMap(({ abstract }) => abstract)];
  return !isKnown || wanted.every((name) => bodies.some((body) => new RegExp(`\\bdef\\s+${name}\\b|^\\s+${name}\\s*[:=]`, 'm').test(body)));
}

function renamedIn(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(RENAMED)].map(([, from, to]) => [to as string, from as string]));
}

/** Names in the statements that build a `BUILTIN_PLUGINS` list, in any form, with classes among them. */
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
