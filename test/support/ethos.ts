import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ethos } from '../../dist/adapters/ethos/adapter.js';
import { openApp, type TestApp } from './app.ts';
import { tempFolder } from './temp.ts';

/** Writes files below a folder. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** Writes an Ethos plugin folder: a package.json with the `ethos` key, and files. */
export function writeEthos(folder: string, id: string, files: Readonly<Record<string, string>>, own: object = {}, more: object = {}): void {
  const json = { name: id, version: '1.0.0', type: 'module', ethos: { type: 'plugin', pluginContractMajor: 4, ...own }, ...more };
  writeFiles(join(folder, id), { 'package.json': JSON.stringify(json), ...files });
}

/** The source of a plugin with a tool `run` and the given body, which can use `args` and `ctx`. */
export const runTool = (body: string, fields = ''): string => `
  export function activate(api) {
    api.registerTool({ name: 'run', description: 'Runs', schema: { type: 'object' }, ${fields} async execute(args, ctx) { ${body} } });
  }`;

/** An app with plugins of this format, all started. */
export async function openEthos(prepare: (folder: string) => void, config: object = {}): Promise<TestApp> {
  const dir = tempFolder();
  const folder = join(dir, 'plugins');
  mkdirSync(folder);
  prepare(folder);
  const app = await openApp(
    [ethos],
    { pluginFolders: ['./plugins'], limits: { restartMinMs: 50, startTimeoutMs: 15_000 }, ...config },
    dir,
  );
  await app.instance.registry.start();
  return app;
}
