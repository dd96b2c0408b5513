import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestApp } from './app.ts';
import { until } from './processes.ts';

/** Builds a package as a wheel, so that tests need no network; returns its file. */
export function writeWheel(dir: string, name: string, files: Readonly<Record<string, string>>, metadata = ''): string {
  const wheel = `${name}-1.0-py3-none-any.whl`;
  const info = `${name}-1.0.dist-info`;
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n${metadata}`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  };
  const code =
    'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n    for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)';
  execFileSync('python3', ['-c', code, join(dir, wheel), JSON.stringify(all)]);
  return join(dir, wheel);
}

/** Waits until the first plugin reaches a state. */
export const settled = (app: TestApp, state: string) =>
  until(`it is ${state}`, () => app.instance.registry.plugins()[0]?.state === state, 60_000);
