import type { JsonObject } from '../json/json.ts';
import type { CallContext } from './tool.ts';

/** One file of a skill. */
export interface SkillFile {
  /** Relative to the skill's folder, with "/". */
  readonly path: string;
  /** SHA-256 of its bytes: `sha256:` and 64 lower-case hex digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** A file or folder directly inside a folder of a skill. `path` as in `SkillFile`; `size` in bytes, only of files. */
export interface SkillItem {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly size?: number;
}

/** The contents of a file: `text` if it is UTF-8, otherwise `blob` as base64. Both hold exactly the file's bytes. */
export interface SkillContents {
  readonly mimeType: string;
  readonly text?: string;
  readonly blob?: string;
}

/** A folder of instructions for a model: a `SKILL.md` and its files. */
export interface Skill {
  /** Its name inside the plugin. */
  readonly name: string;
  readonly description?: string;
  /** Address of its folder without a trailing slash: `skill://<plugin>/<name>`. A file's address adds "/" and its encoded path. */
  readonly address: string;
  /**
   * The front matter of its SKILL.md, identical in content. Absent if it was repaired, is incomplete or breaks the rules of
   * the format: then clients cannot verify it, and only prompts, resources and the tool serve the skill.
   */
  readonly frontMatter?: JsonObject;
  /** Whether models may load it by themselves. */
  readonly forModels: boolean;
  /** Where it may be used, in the author's words. */
  readonly compatibility?: string;
  /** Tools that its author allows it to use without a question. Shown only: it grants nothing. */
  readonly allowedTools?: string;
  /** Names of tools it depends on; it exists only if all of them do. */
  readonly requires?: readonly string[];
  /** It comes from another server, so what it says is wrapped before a model sees it. */
  readonly untrusted?: boolean;
  readonly meta?: JsonObject;
  /** Its place at its source, by which the adapter finds it again at the next start. */
  readonly at?: string;
  /** All files, SKILL.md included; "dynamic" if there are too many to list. */
  files(ctx: CallContext): Promise<readonly SkillFile[] | 'dynamic'>;
  /** For `doctor`: why there are too many files to list, such as "more than 512 files"; undefined if there are not. */
  excess?(): Promise<string | undefined>;
  /** The direct children of a folder, "" being the skill itself, sorted by path; null if it is not a folder. */
  list(path: string, ctx: CallContext): Promise<readonly SkillItem[] | null>;
  /** A file by its path; null if there is none. Throws RESULT_TOO_LARGE. */
  read(path: string, ctx: CallContext): Promise<SkillContents | null>;
  /** The instructions: the text of SKILL.md without its front matter, with the user's arguments in their places. */
  load(args: string, ctx: CallContext): Promise<string>;
}
