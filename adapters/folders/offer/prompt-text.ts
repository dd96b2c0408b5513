import { readFileSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { LOCAL_PRINCIPAL } from '../../../src/core/contract/caller.ts';
import type { PromptMessage, PromptResult } from '../../../src/core/contract/prompt.ts';
import type { CallContext } from '../../../src/core/contract/tool.ts';
import { escapeHidden } from '../../../src/core/text/hidden.ts';
import { mediaTypeOf } from '../../../src/host/skills/media-type.ts';
import { type Folder, isInside } from '../folder.ts';

/** Most bytes of a file that a prompt includes, and most files of one prompt. */
const MAX_INCLUDED_BYTES = 256 * 1024;
const MAX_INCLUDED = 20;

/** A prompt's text, the files that it includes, and what the reader should know of it. */
export interface PromptText {
  readonly text: string;
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** The result of a prompt: its text with notes, then the files as embedded resources. */
export function toResult({ text, files, notes }: PromptText, folder: Folder, id: string, description: string | undefined): PromptResult {
  const note = notes.length === 0 ? '' : `\n\n(Note of the gateway: ${notes.join(' ')})`;
  const message = (content: PromptMessage['content']): PromptMessage => ({ role: 'user', content });
  return {
    ...(description === undefined ? {} : { description }),
    messages: [
      message({ type: 'text', text: escapeHidden(text) + note }),
      ...files.map((file) => message({ type: 'resource', resource: contentsOf(file, folder, id) })),
    ],
  };
}

/** The file that a text includes, or why it does not: only files of the plugin itself are read. */
export function includedFile(path: string, { root }: Folder, count: number): { readonly file: string } | { readonly note: string } {
  const file = resolve(root, path);
  const stays = (why: string) => ({ note: `"${path}" ${why}, so it stays as text.` });
  if (!isInside(root, file)) return stays('is outside of the plugin');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return stays('is not a file of the plugin');
  if (!stat.isFile()) return stays('is a folder');
  if (stat.size > MAX_INCLUDED_BYTES) return stays(`has more than ${MAX_INCLUDED_BYTES} bytes`);
  return count < MAX_INCLUDED ? { file } : stays(`is more than the ${MAX_INCLUDED} files that a prompt may include`);
}

/** The places that texts name. Only callers on this machine can use its paths, and others must not learn them. */
export function textPlaces({ root, project, dataDir }: Folder, text: string, { caller }: CallContext): Record<string, string> {
  if (caller.principal !== LOCAL_PRINCIPAL || caller.anonymous === true) return {};
  const places: Record<string, string> = { CLAUDE_PLUGIN_ROOT: root, CLAUDE_PROJECT_DIR: project };
  if (text.includes('CLAUDE_PLUGIN_DATA')) places.CLAUDE_PLUGIN_DATA = dataDir();
  return places;
}

function contentsOf(file: string, { root }: Folder, id: string) {
  const path = relative(root, file).split(sep).map(encodeURIComponent).join('/');
  const uri = `plugin://${encodeURIComponent(id)}/files/${path}`;
  const bytes = readFileSync(file);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { uri, mimeType: mediaTypeOf(file, true), text };
  } catch {
    return { uri, mimeType: mediaTypeOf(file, false), blob: bytes.toString('base64') };
  }
}
