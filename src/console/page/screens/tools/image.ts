/** The first bytes of image types that carry no script, in base64. */
const TYPES: readonly (readonly [start: string, type: string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGODdh', 'image/gif'],
  ['R0lGODlh', 'image/gif'],
  ['UklGR', 'image/webp'],
];

/** The data address of an image, by what the bytes are and not by what the tool says; undefined for other types. */
export function imageOf(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const type = TYPES.find(([start]) => base64.startsWith(start))?.[1];
  return type && `data:${type};base64,${base64}`;
}
