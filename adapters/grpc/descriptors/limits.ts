import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import { isWellKnown } from './well-known.ts';

// The largest public sets (googleapis) stay below these; a server that sends more is broken or hostile.
const MAX_FILES = 1024;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_BYTES = 8 * 1024 * 1024;
/** Levels of nested types in a file. */
export const MAX_LEVELS = 64;

/** Descriptors as a server or a file had them. */
export interface Descriptors {
  readonly files: readonly FileDescriptorProto[];
  /** Where they come from, for the operator. */
  readonly from: string;
  /** What the source itself reports as missing. */
  readonly faults: readonly string[];
}

/** Collects files once each, within the limits. */
export function createCollector() {
  const files: FileDescriptorProto[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  const fail = (what: string): never => {
    throw new GatewayError('PLUGIN_PROTOCOL_ERROR', `The descriptors cannot be used: ${what}.`, {
      fix: 'Select fewer services with "services", or give the ones that you need as "descriptors".',
    });
  };
  return {
    files,
    /** Adds an encoded FileDescriptorProto. Throws PLUGIN_PROTOCOL_ERROR. */
    add(file: Uint8Array): void {
      bytes += file.byteLength;
      if (file.byteLength > MAX_FILE_BYTES) fail(`one file has ${file.byteLength} bytes, over the limit of 1 MiB`);
      if (bytes > MAX_BYTES) fail('they exceed 8 MiB in all');
      let parsed: FileDescriptorProto;
      try {
        parsed = fromBinary(FileDescriptorProtoSchema, file, { recursionLimit: MAX_LEVELS });
      } catch (error) {
        return fail(toError(error).message);
      }
      if (seen.has(parsed.name)) return;
      if (files.length === MAX_FILES) fail('they have over 1,024 files');
      seen.add(parsed.name);
      files.push(parsed);
    },
    /** The imports that no file has yet, without those in `asked`. */
    names(asked: ReadonlySet<string>): string[] {
      const imports = new Set(files.flatMap(({ dependency }) => dependency));
      if (imports.size > 2 * MAX_FILES) fail('they import over 2,048 files');
      return [...imports].filter((name) => !seen.has(name) && !asked.has(name) && !isWellKnown(name));
    },
  };
}
