import type { Source } from '../../../src/core/contract/adapter.ts';
import type { Host } from '../../../src/core/contract/host.ts';
import type { Manifest } from '../../../src/core/contract/plugin.ts';
import type { Recognised } from '../recognise.ts';
import { readList } from './read-list.ts';
import { readOne } from './read-one.ts';

/** The plugins of a folder: one, or those of a list. */
export function readFolders(source: Source, found: Recognised, host: Host): readonly Manifest[] {
  return 'formats' in found ? [readOne(source, found.formats, host)] : readList(source, found.list, found.format, host);
}
