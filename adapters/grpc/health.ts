import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type Client, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Problem } from '../../src/core/contract/plugin.ts';
import { connectionFault } from './calls/status.ts';

const CHECK = '/grpc.health.v1.Health/Check';
const CHECK_MS = 5_000;
const SERVING = 1;

/** Asks a server whether it is serving. A server without the health service says nothing about it. */
export function checkHealth(client: Client, metadata: Metadata, target: string): Promise<readonly Problem[]> {
  const asBytes = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      CHECK,
      asBytes,
      asBytes,
      Buffer.alloc(0),
      metadata,
      { deadline: Date.now() + CHECK_MS },
      (error: ServiceError | null, reply?: Buffer) => {
        if (error?.code === status.UNIMPLEMENTED || error?.code === status.NOT_FOUND) return resolve([]);
        if (error)
          return resolve([
            { code: 'PLUGIN_UNAVAILABLE', subject: target, message: `The server is unavailable: ${connectionFault(error.details)}.` },
          ]);
        resolve(statusOf(reply) === SERVING ? [] : [{ subject: target, message: 'The server reports that it is not serving.' }]);
      },
    );
  });
}

function statusOf(reply: Buffer | undefined): number {
  try {
    const reader = new BinaryReader(reply ?? Buffer.alloc(0));
    while (reader.pos < reader.len) {
      const [no, wire] = reader.tag();
      if (no === 1 && wire === WireType.Varint) return reader.int32();
      reader.skip(wire, no);
    }
  } catch {
    return 0;
  }
  return 0;
}
