import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';

// Records the file of every module that a gateway loads, one per line, in the file that the environment names. Its children
// record nothing.

const { PLUGMUX_MODULES_FILE: file } = process.env;
delete process.env.PLUGMUX_MODULES_FILE;

const HOOKS = `
import { appendFileSync } from 'node:fs';
let file;
export function initialize(name) { file = name; }
export function load(url, context, next) {
  appendFileSync(file, url + '\\n');
  return next(url, context);
}`;

if (file !== undefined) {
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data: file });
  // Modules that are required do not pass these hooks.
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (...args) => {
    const found = resolve.apply(Module, args);
    appendFileSync(file, `${found}\n`);
    return found;
  };
}
