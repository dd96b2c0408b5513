import { posix } from 'node:path';
import type { Readme } from './blocks.ts';

/** A link of a README to a file or folder, relative to the repository. */
export interface Link {
  readonly from: string;
  readonly target: string;
  readonly anchor: string | undefined;
}

/** The links of a README, except for those to other sites. */
export function findLinks({ file, prose }: Readme): Link[] {
  const withoutCode = prose.replace(/`[^`\n]*`/g, '`');
  return [...withoutCode.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link]) => link as string)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? file : posix.join(posix.dirname(file), path).replace(/\/$/, '');
      return { from: file, target, anchor };
    });
}

/** The anchors of a README, as repository hosts derive them from its headings. */
export function findAnchors({ prose }: Readme): string[] {
  const seen = new Map<string, number>();
  return headings(prose).map((heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** The headings of a README, without Markdown markup. */
export function headings(prose: string): string[] {
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading as string);
}
