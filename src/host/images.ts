import type { Content } from '../core/contract/content.ts';

const MAGIC: Readonly<Record<string, string>> = {
  iVBORw0KGgo: 'image/png',
  '/9j/': 'image/jpeg',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
};
const BASE64 = '[A-Za-z0-9+/]';
const START = Object.keys(MAGIC).join('|');
const WHOLE = new RegExp(`^(?:${START})${BASE64}{100,}={0,2}$`);

/** Source of an expression that matches a JSON string which is only an image in base64; its group is the image. */
export const IMAGE_STRING = `(?<=")((?:${START})${BASE64}{100,}={0,2})(?=")`;

const IMAGES = new RegExp(IMAGE_STRING, 'g');

/** Converts base64 to an image block, by its first bytes; undefined if it is no image. */
export function toImage(text: string): Content | undefined {
  const magic = Object.keys(MAGIC).find((start) => text.startsWith(start));
  if (magic === undefined || !WHOLE.test(text)) return undefined;
  return { type: 'image', data: text, mimeType: MAGIC[magic] as string };
}

/** Whether a JSON text may have a string that begins like an image. */
export function mayHaveImages(json: string): boolean {
  return Object.keys(MAGIC).some((magic) => json.includes(`"${magic}`));
}

/** Takes the images out of a JSON text; `(image 1)` stands for the first. */
export function imagesOf(json: string): { readonly text: string; readonly images: readonly Content[] } {
  if (!mayHaveImages(json)) return { text: json, images: [] };
  const images: Content[] = [];
  const text = json.replace(IMAGES, (found) => {
    const image = toImage(found);
    if (!image) return found;
    images.push(image);
    return `(image ${images.length})`;
  });
  return { text, images };
}
