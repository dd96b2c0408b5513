import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A to-do item; `due` is an ISO 8601 time in UTC. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly due: string;
  readonly done: boolean;
}

/** The items of one agenda, stored in a file. */
export interface Agenda {
  items(): readonly Item[];
  add(title: string, due: string): Item;
  complete(id: string): Item;
  postpone(id: string, due: string): Item;
}

/** Opens the agenda of a folder; empty if there is none yet. */
export function openAgenda(folder: string): Agenda {
  const file = join(folder, 'agenda.json');
  let items = readItems(file);

  const save = (next: readonly Item[]): void => {
    items = [...next].sort((a, b) => a.due.localeCompare(b.due));
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.part`, JSON.stringify(items, null, 2));
    renameSync(`${file}.part`, file);
  };

  const change = (id: string, part: Partial<Item>): Item => {
    const item = items.find((candidate) => candidate.id === id);
    if (!item) throw new Error(`No item ${id} on the agenda.`);
    const changed = { ...item, ...part };
    save(items.map((candidate) => (candidate === item ? changed : candidate)));
    return changed;
  };

  return {
    items: () => items,
    add(title, due) {
      const item = {
        id: randomBytes(3).toString('hex'),
        title,
        due: toTime(due),
        done: false,
      };
      save([...items, item]);
      return item;
    },
    complete: (id) => change(id, { done: true }),
    postpone: (id, due) => change(id, { due: toTime(due), done: false }),
  };
}

function readItems(file: string): readonly Item[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Item[];
  } catch {
    return [];
  }
}

function toTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is not a valid time. Write it like 2027-03-01T09:00.`);
  return time.toISOString();
}
