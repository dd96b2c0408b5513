import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ToolContext } from '@talos/server/plugins';
import { noteFile, notesRoot } from './sandbox.ts';

// Written in the documented dialect: one named export per function, strings as results, thrown errors.

interface Agenda {
  add(title: string, due: string): { id: string };
}

interface Services {
  getService<T>(name: string): T | undefined;
}

let agenda: (() => Agenda | undefined) | undefined;

export function init(logger: { info(message: string): void }, services?: Services): void {
  agenda = () => services?.getService<Agenda>('agenda');
  logger.info('ready');
}

export async function list({ folder = '' }: { folder?: string }, context: ToolContext): Promise<string> {
  const notes = await walk(context, folder);
  notes.sort((a, b) => b.changed.localeCompare(a.changed));
  return JSON.stringify(notes);
}

export async function read({ path }: { path: string }, context: ToolContext): Promise<string> {
  const { file } = await noteFile(context, path);
  const { size } = await stat(file).catch(() => {
    throw new Error(`There is no note ${path}. Use list or search to find it.`);
  });
  const most = largest(context);
  if (size > most) throw new Error(`The note has ${size} bytes, more than the limit of ${most} bytes.`);
  return readFile(file, 'utf8');
}

export async function write(
  { path, text, overwrite = false }: { path: string; text: string; overwrite?: boolean },
  context: ToolContext,
): Promise<string> {
  const { file, name } = await noteFile(context, path);
  checkSize(text, context);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: overwrite ? 'w' : 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Error(`The note ${name} exists. Set overwrite to replace it, or append to it.`);
    throw error;
  });
  return `Wrote ${name} (${Buffer.byteLength(text)} bytes).`;
}

export async function append({ path, text }: { path: string; text: string }, context: ToolContext): Promise<string> {
  const { file, name } = await noteFile(context, path);
  const before = await readFile(file, 'utf8').catch(() => '');
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  checkSize(before + gap + text, context);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${before}${gap}${text}\n`);
  return `Added ${Buffer.byteLength(text)} bytes to ${name}.`;
}

export async function search({ query, limit = 20 }: { query: string; limit?: number }, context: ToolContext): Promise<string> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) throw new Error('The query is empty.');
  const { root } = await notesRoot(context);
  const hits: { path: string; lines: string[] }[] = [];
  for (const { path, size } of await walk(context, '')) {
    if (hits.length >= limit) break;
    if (size > largest(context)) continue;
    const text = await readFile(join(root, path), 'utf8');
    const lower = `${path}\n${text}`.toLowerCase();
    if (!words.every((word) => lower.includes(word))) continue;
    const lines = text
      .split('\n')
      .map((line, i) => `${i + 1}: ${line.trim().slice(0, 200)}`)
      .filter((line) => words.some((word) => line.toLowerCase().includes(word)));
    hits.push({ path, lines: lines.slice(0, 5) });
  }
  return hits.length === 0 ? 'No note contains all of these words.' : JSON.stringify(hits);
}

export async function remind({ path, at }: { path: string; at: string }, context: ToolContext): Promise<string> {
  const { file, name } = await noteFile(context, path);
  await stat(file).catch(() => {
    throw new Error(`There is no note ${path}.`);
  });
  const service = agenda?.();
  if (!service) throw new Error('Reminders need the agenda plugin, which is not loaded.');
  const { id } = service.add(`Look at the note ${name}`, at);
  return `On the agenda as ${id}.`;
}

async function remove({ path }: { path: string }, context: ToolContext): Promise<string> {
  if (context.config.allow_delete !== 'true') throw new Error('Deleting notes is disabled (setting allow_delete).');
  const { file, name } = await noteFile(context, path);
  await rm(file).catch(() => {
    throw new Error(`There is no note ${path}.`);
  });
  return `Deleted ${name}.`;
}

export { remove as delete };

function largest({ config }: ToolContext): number {
  return Number(config.max_kb || 512) * 1024;
}

function checkSize(text: string, context: ToolContext): void {
  const most = largest(context);
  if (Buffer.byteLength(text) > most) throw new Error(`The note would exceed the limit of ${most} bytes.`);
}

async function walk(context: ToolContext, folder: string): Promise<{ path: string; size: number; changed: string }[]> {
  const { root, inside } = await notesRoot(context);
  const start = inside(folder);
  const found: { path: string; size: number; changed: string }[] = [];
  const visit = async (at: string): Promise<void> => {
    for (const item of await readdir(join(root, at), { withFileTypes: true })) {
      const path = at === '' ? item.name : `${at}/${item.name}`;
      // Symbolic links may point outside the folder.
      if (item.name.startsWith('.') || item.isSymbolicLink()) continue;
      if (item.isDirectory()) await visit(path);
      else if (/\.(md|txt)$/.test(item.name)) {
        const { size, mtime } = await stat(join(root, path));
        found.push({ path, size, changed: mtime.toISOString() });
      }
    }
  };
  await visit(start).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error(`There is no folder ${folder}.`);
    throw error;
  });
  return found;
}
