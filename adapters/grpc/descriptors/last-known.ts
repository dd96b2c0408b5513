import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { createCollector, type Descriptors } from './limits.ts';

const HASH_LENGTH = 32;

/** The descriptors that a server sent last, so that its tools are listed while it is down. */
export interface LastKnown {
  /** Undefined if there are none, or the file was damaged. */
  read(): Descriptors | undefined;
  /** Never throws: without it, the tools are only missing at the next start without the server. */
  write(descriptors: Descriptors): void;
  /** Identifies the content of descriptors. */
  hashOf(descriptors: Descriptors): string;
}

/** Keeps them in the cache folder, by the entry's id and address. */
export function createLastKnown(cacheDir: string, id: string, target: string): LastKnown {
  const folder = join(cacheDir, 'grpc');
  const file = join(
    folder,
    `${createHash('sha256')
      .update(JSON.stringify([id, target]))
      .digest('hex')
      .slice(0, 32)}.known`,
  );
  const hash = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  return {
    hashOf: (descriptors) => hash(encode(descriptors)).toString('hex'),
    read() {
      try {
        const all = readFileSync(file);
        const bytes = all.subarray(HASH_LENGTH);
        if (!hash(bytes).equals(all.subarray(0, HASH_LENGTH))) return undefined;
        const { files, add } = createCollector();
        for (const proto of fromBinary(FileDescriptorSetSchema, bytes).file) add(toBinary(FileDescriptorProtoSchema, proto));
        return { files, from: 'what the server sent last', faults: [] };
      } catch {
        return undefined;
      }
    },
    write(descriptors) {
      const draft = `${file}.${randomBytes(4).toString('hex')}`;
      try {
        const bytes = encode(descriptors);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(draft, Buffer.concat([hash(bytes), bytes]), { mode: 0o600 });
        renameSync(draft, file);
      } catch {
        rmSync(draft, { force: true });
      }
    },
  };
}

// Servers list their files in any order.
function encode({ files }: Descriptors): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: sorted }));
}
