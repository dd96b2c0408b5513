import type { Manifest } from '../../src/core/contract/plugin.ts';

/** A folder of skills as found, before a SKILL.md is read. */
export interface SkillsManifest extends Manifest {
  readonly root: string;
  /** Links must lead into this folder; absent if the operator named the folder. */
  readonly within?: string;
}
