/** A plugin class as the text of a file shows it. */
export interface Declared {
  readonly className: string;
  /** The manifest's id, where it is written out. */
  readonly id?: string;
}

const IMPORTS = /^\s*(?:from\s+app\.plugins(?:\.\w+)*\s+import\b|import\s+app\.plugins\b)/m;
const CLASS = /^class\s+(\w+)\s*\(([^)]*)\)\s*:/gm;
const ID = [/\bPluginManifest\(\s*(?:id\s*=\s*)?(["'])([^"'\n]+)\1/, /\bPluginManifest\([^)]*?\bid\s*=\s*(["'])([^"'\n]+)\1/];
/** An id that stands in a constant. */
const ID_NAME = /\bPluginManifest\((?:\s*(?:id\s*=\s*)?|[^)]*?\bid\s*=\s*)(?:\w+\.)?([A-Za-z_]\w*)\s*[,)]/;
/** Statements about the list, with the lines that go on or close them. */
const LIST = /^BUILTIN_PLUGINS\b(?!\s*:[^=\n]*$).*(?:\n(?:[ \t]+\S.*|[\])}].*|[ \t]*(?:#.*)?(?=\n)))*/gm;
const RENAMED = /\b(\w+)\s+as\s+(\w+)/g;

/** Whether a text imports from the format's own package. */
export function importsFormat(text: string): boolean {
  return IMPORTS.test(text);
}

/** The plugin classes of a text, in their order: those that say what they are, themselves or by a class above them. */
export function declaredIn(text: string): Declared[] {
  const classes = [...text.matchAll(CLASS)].map((match, i, all) => ({
    className: match[1] as string,
    bases: (match[2] as string).split(',').map((base) => base.trim().split('.').at(-1) as string),
    body: text.slice(match.index, all[i + 1]?.index ?? text.length),
  }));
  const family = new Set(['BasePlugin']);
  const found: (Declared & { readonly bases: readonly string[] })[] = [];
  for (const { className, bases, body } of classes) {
    if (!bases.some((base) => family.has(base))) continue;
    family.add(className);
    const complete = /\bmanifest\b/.test(body) || found.some((f) => bases.includes(f.className));
    // A class that leaves something to its heirs is no plugin itself.
    if (!complete || /@(?:abc\.)?abstractmethod/.test(body)) continue;
    const id = idIn(body, text);
    found.push({ className, bases, ...(id === undefined ? {} : { id }) });
  }
  const listed = namedInList(text);
  const own = listed.length > 0 ? found.filter((f) => listed.includes(f.className)) : found;
  const [only] = own;
  // A manifest that stands outside its class belongs to the only class there is.
  const loose = own.length === 1 && only?.id === undefined ? idIn(text, text) : undefined;
  return own.map(({ className, id = loose }) => ({ className, ...(id === undefined ? {} : { id }) }));
}

/** Names in the statements that make up a `BUILTIN_PLUGINS` list, classes among them; in whatever form it is written. */
export function namedInList(text: string): string[] {
  const plain = text.replace(/(^|\s)#.*$/gm, '$1');
  const renamed = new Map([...plain.matchAll(RENAMED)].map(([, from, to]) => [to as string, from as string]));
  const names = [...plain.matchAll(LIST)].flatMap(([statement]) => statement.match(/[A-Za-z_]\w*/g) ?? []);
  return [...new Set(names)].map((name) => renamed.get(name) ?? name);
}

function idIn(body: string, text: string): string | undefined {
  for (const pattern of ID) {
    const found = pattern.exec(body)?.[2];
    if (found !== undefined) return found;
  }
  const name = ID_NAME.exec(body)?.[1];
  if (name === undefined) return undefined;
  const constant = new RegExp(`^\\s*${name}(?:\\s*:[^=\\n]+)?\\s*=\\s*(["'])([^"'\\n]+)\\1`, 'm');
  return (constant.exec(body) ?? constant.exec(text))?.[2];
}
