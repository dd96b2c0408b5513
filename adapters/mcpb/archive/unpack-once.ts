import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../../src/core/contract/host.ts';
import { fileFault } from '../../../src/core/file-fault.ts';
import { asObject } from '../../../src/core/json/json.ts';
import { digestOf } from './digest.ts';
import { refused } from './refused.ts';

const PART = '.part-';
/** Longer than any unpacking takes, and long enough that a replaced bundle's server has ended. */
const LEFT_OVER_MS = 24 * 60 * 60 * 1000;

/** What to unpack, and where to. */
interface Unpacking {
  readonly file: string;
  readonly digest: string;
  readonly dir: string;
  readonly root: string;
  readonly command: string;
  readonly host: Pick<Host, 'run' | 'log'>;
  readonly signal: AbortSignal;
}

/** Unpacks a bundle in a process of its own unless its folder exists. The folder appears whole or not at all. */
export async function unpackOnce({ file, digest, dir, root, command, host, signal }: Unpacking): Promise<void> {
  if (!existsSync(dir)) {
    // The file may have been replaced since it was read.
    if ((await digestOf(file)) !== digest) throw refused('its file has changed since it was read');
    let part: string;
    try {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      removeLeftOvers(root);
      part = mkdtempSync(join(root, PART));
    } catch (error) {
      throw refused(`the folder ${root} cannot be used: ${fileFault(error)}`);
    }
    try {
      const lines: string[] = [];
      const end = await host.run({
        command: process.execPath,
        args: [fileURLToPath(new URL('./child.js', import.meta.url)), file, join(part, 'files')],
        cwd: root,
        env: {},
        signal,
        onLine: (line) => void (lines.length < 20 && lines.push(line)),
      });
      if (end.code !== 0) throw refused(reasonOf(lines) ?? `unpacking it failed: ${end.why}`);
      settle(join(part, 'files'), dir);
    } finally {
      rmSync(part, { recursive: true, force: true, maxRetries: 3 });
    }
  }
  // Archives made on Windows carry no permissions.
  if (command.startsWith(dir + sep) && existsSync(command)) chmodSync(command, statSync(command).mode | 0o100);
}

// The child prints one line, which already says what the error says.
function reasonOf(lines: readonly string[]): string | undefined {
  return lines.map((line) => /rejected: (.*?)\.?$/.exec(line)?.[1]).find((why) => why !== undefined) ?? lines[0]?.replace(/\.$/, '');
}

function settle(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another gateway on this state folder was faster; the content is the same.
    if (!existsSync(to)) throw refused(`its folder cannot be created: ${fileFault(error)}`);
  }
}

// Folders of bundles that were replaced, and parts of an unpacking that was cut off.
function removeLeftOvers(root: string): void {
  const names = readdirSync(root);
  const used = new Set(names.filter((name) => name.endsWith('.json')).map((name) => usedBy(join(root, name))));
  for (const name of names) {
    const path = join(root, basename(name));
    const isOwn = name.startsWith(PART) || (/^[0-9a-f]{64}$/.test(name) && !used.has(name));
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (isOwn && age > LEFT_OVER_MS) rmSync(path, { recursive: true, force: true });
  }
}

function usedBy(note: string): string {
  try {
    return String(asObject(JSON.parse(readFileSync(note, 'utf8'))).digest);
  } catch {
    return '';
  }
}
