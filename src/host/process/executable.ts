import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux lists registered interpreters, such as emulators for other architectures. */
const EMULATORS = '/proc/sys/fs/binfmt_misc';
const HEAD = 256;
const ELF = '7f454c46';
const MACH = ['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'];
/** Machine numbers of ELF files by Node's architecture names; 64-bit machines also run 32-bit programs. */
const MACHINES: Readonly<Record<string, readonly number[]>> = {
  x64: [62, 3],
  ia32: [3],
  arm64: [183, 40],
  arm: [40],
  riscv64: [243],
  ppc64: [21],
  s390x: [22],
  loong64: [258],
};
const NAMES: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
};

/**
 * Why this machine cannot run a file, as a clause after its name; undefined if it may. If such a file is started anyway,
 * libc runs it as a shell script. `scripts`: whether scripts without a #! line are rejected.
 */
export function whyUnrunnable(file: string, scripts: 'refuse' | 'leave'): string | undefined {
  const head = headOf(file);
  // A missing or unreadable file causes its own error at the start.
  if (head === undefined || process.platform === 'win32') return undefined;
  const why = foreign(head) ?? orphaned(head) ?? (scripts === 'refuse' ? shapeless(head) : undefined);
  return why === undefined || isEmulated(head) ? undefined : why;
}

function foreign(head: Buffer): string | undefined {
  const magic = head.toString('hex', 0, 4);
  if (head.toString('latin1', 0, 2) === 'MZ') return 'is a program for Windows';
  if (MACH.includes(magic)) return process.platform === 'darwin' ? undefined : 'is a program for macOS';
  if (magic !== ELF || head.length < 20) return undefined;
  if (process.platform === 'darwin') return 'is a program for Linux';
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  const runs = MACHINES[process.arch];
  return runs === undefined || runs.includes(machine)
    ? undefined
    : `is built for ${NAMES[machine] ?? `machine ${machine}`}, and this machine is ${process.arch}`;
}

function orphaned(head: Buffer): string | undefined {
  const [, program] = /^#![ \t]*(\/[^\s]+)\s/.exec(head.toString('latin1')) ?? [];
  return program === undefined || existsSync(program) ? undefined : `is a script for ${program}, which does not exist`;
}

function shapeless(head: Buffer): string | undefined {
  if (head.length === 0) return 'is empty';
  const isKnown = head.toString('latin1', 0, 2) === '#!' || [ELF, ...MACH].includes(head.toString('hex', 0, 4));
  return isKnown ? undefined : 'is neither a program nor a script whose first line names its interpreter (#!)';
}

function isEmulated(head: Buffer): boolean {
  try {
    return readdirSync(EMULATORS).some((name) => matches(head, readFileSync(join(EMULATORS, name), 'latin1')));
  } catch {
    return false;
  }
}

function matches(head: Buffer, entry: string): boolean {
  if (!entry.startsWith('enabled\n')) return false;
  const hex = (key: string): Buffer => Buffer.from(new RegExp(`^${key} ([0-9a-f]+)$`, 'm').exec(entry)?.[1] ?? '', 'hex');
  const [magic, mask] = [hex('magic'), hex('mask')];
  const offset = Number(/^offset (\d+)$/m.exec(entry)?.[1] ?? 0);
  return magic.length > 0 && magic.every((byte, at) => ((head[offset + at] ?? 0) & (mask[at] ?? 255)) === (byte & (mask[at] ?? 255)));
}

function headOf(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, readSync(descriptor, head, 0, HEAD, 0));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
