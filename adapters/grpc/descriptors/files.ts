import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Host } from '../../../src/core/contract/host.ts';
import { GatewayError, toError } from '../../../src/core/errors.ts';
import { fileFault } from '../../../src/core/file-fault.ts';
import type { GrpcOptions } from '../options.ts';
import { compile } from './compile.ts';
import { createCollector, type Descriptors } from './limits.ts';

/** Reads the descriptors that an entry names: sets as they are, `.proto` files through a compiler. */
export async function readDescriptors(options: GrpcOptions, host: Host, signal: AbortSignal): Promise<Descriptors> {
  const { files, add } = createCollector();
  const sources = options.descriptors.filter((file) => file.endsWith('.proto'));
  const sets = options.descriptors.filter((file) => !file.endsWith('.proto'));
  for (const file of options.descriptors) if (!existsSync(file)) throw missing(file, 'it does not exist');
  for (const file of sets) addSet(readSet(file), file, add);
  if (sources.length > 0) addSet(await compile(sources, options, host, signal), sources.map((file) => basename(file)).join(', '), add);
  return { files, from: options.descriptors.map((file) => basename(file)).join(', '), faults: [] };
}

function readSet(file: string): Uint8Array {
  try {
    if (statSync(file).isDirectory()) throw missing(file, 'it is a folder; name its .proto files or a descriptor set');
    return readFileSync(file);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw missing(file, fileFault(error));
  }
}

function missing(file: string, why: string): GatewayError {
  return new GatewayError('ENTRY_NOT_FOUND', `The descriptors ${file} cannot be read: ${why}.`, { field: 'descriptors' });
}

// A set is a repeated field of files; the collector parses each within its limits.
function addSet(bytes: Uint8Array, name: string, add: (file: Uint8Array) => void): void {
  const files: Uint8Array[] = [];
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      if (no === 1 && wire === WireType.LengthDelimited) files.push(reader.bytes());
      else reader.skip(wire, no);
    }
    if (files.length === 0) throw new Error('it has no files');
  } catch (error) {
    throw new GatewayError('MANIFEST_INVALID', `${name} is not a descriptor set: ${toError(error).message}.`, {
      field: 'descriptors',
      fix: 'Write it with protoc --include_imports --include_source_info --descriptor_set_out, or with buf build -o set.binpb.',
    });
  }
  files.forEach(add);
}
