import { signal } from '@preact/signals';

/** The part of the address after `#`: `#/plugins/notes/settings?field=folder`. */
export interface Place {
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}
export type Query = { readonly [name: string]: string | undefined };

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new Map(new URLSearchParams(query)) };
}

// A damaged escape in a typed address is taken as it is.
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal(read());

export function href(path: readonly string[], query: Query = {}): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const search = new URLSearchParams(set).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

export function go(path: readonly string[], query: Query = {}): void {
  location.hash = href(path, query);
}

/** Changes the query. `replace`: typed text does not become a step of Back. */
export function setQuery(changes: Query, replace = false): void {
  const { path, query } = place.value;
  const next = href(path, { ...Object.fromEntries(query), ...changes });
  if (next === location.hash) return;
  if (replace) history.replaceState(null, '', next);
  else history.pushState(null, '', next);
  place.value = read();
}

/** Replaces the address by the first screen's. */
export function resetPlace(): void {
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
  place.value = read();
}

addEventListener('hashchange', () => {
  place.value = read();
});
addEventListener('popstate', () => {
  place.value = read();
});
