import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a Talos plugin folder: a manifest with the given functions, and files. Returns the folder. */
export function writePlugin(folder: string, id: string, files: Readonly<Record<string, string>>, manifest: object = {}): string {
  const dir = join(folder, id);
  const functions =
    'functions' in manifest ? {} : { functions: [{ name: 'run', description: 'Runs', parameters: { type: 'object', properties: {} } }] };
  const all = { 'manifest.json': JSON.stringify({ id, name: id, description: '', version: '1.0.0', ...functions, ...manifest }), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

/** Writes a package into a `node_modules`. */
export function writePackage(root: string, name: string, files: Readonly<Record<string, string>>, json: object = {}): void {
  const dir = join(root, 'node_modules', name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js', ...json }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
}
