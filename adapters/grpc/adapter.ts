import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Adapter } from '../../src/core/contract/adapter.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { VERSION } from '../../src/core/package.ts';
import type { GrpcManifest } from './manifest.ts';
import { OPTIONS, toOptions } from './options.ts';

const DESCRIPTION = /\.(proto|binpb)$/;

/** Adapter for gRPC servers: an address and its descriptors become one tool per method. */
export const grpc: Adapter = {
  kind: 'grpc',
  options: OPTIONS,
  paths: ['ca', 'cert', 'key', 'descriptors', 'protoPaths'],
  selectors: ['target'],
  startedWith: ['resultBytes'],

  async read(source, { proxy }) {
    const options = toOptions(source);
    const { key = basename(source.path).replace(DESCRIPTION, ''), format, path, entry } = source;
    if (!options) {
      if (format !== 'grpc' && !DESCRIPTION.test(path)) return null;
      throw new GatewayError('NEEDS_CONFIGURATION', `${basename(path)} describes a gRPC server, but no address: it needs "target".`, {
        plugin: key,
        fix: 'Add an entry with "format": "grpc", its "target" and this file as "descriptors" under "plugins" in mcp.json.',
      });
    }
    const { ca, cert, key: privateKey, descriptors } = options;
    const manifest: GrpcManifest = {
      id: key,
      title: key,
      version: '',
      adapter: 'grpc',
      origin: options.target,
      watch: [...descriptors, ...[ca, cert, privateKey].filter((file) => file !== undefined)],
      digest: createHash('sha256')
        .update(JSON.stringify([VERSION, options, entry, proxy === false]))
        .digest('hex'),
      options,
      ...(entry.startTimeoutMs === undefined ? {} : { startTimeoutMs: entry.startTimeoutMs }),
    };
    return [manifest];
  },

  async open(manifest, host) {
    const { GrpcServer } = await import('./server.ts');
    return new GrpcServer(manifest as GrpcManifest, host);
  },
};
