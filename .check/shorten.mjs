import { parse } from 'acorn';
import { minify } from 'terser';

// One character that is not ASCII makes V8 store a source with two bytes per character.
const OPTIONS = {
  module: true,
  compress: false,
  mangle: { keep_fnames: true, keep_classnames: true },
  format: { ascii_only: true, max_line_len: 120 },
};

/**
 * The text of a module without comments, indentation and names of variables: a start mostly parses text. Names of functions,
 * classes and their members stay, so that stack traces can be read.
 */
export async function shorten(text) {
  const { code } = await minify(withPublicNames(text), OPTIONS);
  return code.replaceAll(PUBLIC, '#');
}

/** Stands for the `#` of a private name, which would be shortened, too. */
const PUBLIC = '__private_';

function withPublicNames(text) {
  if (text.includes(PUBLIC)) throw new Error(`A module contains ${PUBLIC}.`);
  const starts = [];
  const visit = (node) => {
    if (node.type === 'PrivateIdentifier') starts.push(node.start);
    for (const value of Object.values(node)) if (value && typeof value === 'object') visit(value);
  };
  visit(parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }));
  let from = 0;
  let out = '';
  for (const start of starts.sort((a, b) => a - b)) {
    out += text.slice(from, start) + PUBLIC;
    from = start + 1;
  }
  return out + text.slice(from);
}
