// Checks package-lock.json: no registry addresses, and an entry for every optional package of every platform. With a registry
// that lacks some platforms, npm omits their entries, and `npm ci` then fails elsewhere. --fix adds the entries, without
// integrity, which a later update from a complete registry adds.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const packages = lock.packages;
const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32'];
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'mips64el', 'loong64', 'wasm32'];
const missing = [];

for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`;
    if (packages[nested] || packages[`node_modules/${name}`]) continue;
    missing.push({ path: `node_modules/${name}`, name, version, dev: entry.dev });
  }
}
const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved?.startsWith('http'));

if (process.argv.includes('--fix')) {
  for (const { path, name, version, dev } of missing) {
    const parts = name.split(/[-/]/);
    const os = OS.filter((o) => parts.includes(o));
    const cpu = CPU.filter((c) => parts.includes(c));
    const libc = parts.some((part) => part.startsWith('musl')) ? ['musl'] : parts.some((part) => part.startsWith('gnu')) ? ['glibc'] : [];
    const limits = Object.fromEntries(Object.entries({ cpu, os, libc }).filter(([, values]) => values.length > 0));
    packages[path] = { version, ...limits, ...(dev ? { dev } : {}), optional: true };
  }
  for (const [, entry] of resolved) delete entry.resolved;
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`lock: ${missing.length} entries added`);
} else {
  for (const { name } of missing) console.error(`lock: no entry for ${name}; run node .check/lock.mjs --fix`);
  for (const [path] of resolved) console.error(`lock: ${path} names a registry`);
  process.exitCode = missing.length + resolved.length > 0 ? 1 : 0;
}
