import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { Source } from '../../src/core/contract/source.ts';

/** The keys of mcp.json that only this format has. */
export const OPTIONS = {
  target: z
    .string()
    .min(1)
    .optional()
    .describe('gRPC: address of the server, such as dns:///shop.internal:443, 127.0.0.1:50051 or unix:/run/shop.sock'),
  tls: z.boolean().optional().describe('gRPC: encrypt the connection. Default: true, except on loopback and Unix sockets'),
  ca: z.string().optional().describe("gRPC: PEM file with the authorities that sign the server's certificate"),
  cert: z.string().optional().describe("gRPC: PEM file with the gateway's certificate, for mutual TLS"),
  key: z.string().optional().describe('gRPC: PEM file with the private key of "cert"'),
  serverName: z.string().min(1).optional().describe("gRPC: host name in the server's certificate, if it is not that of the address"),
  metadata: z.record(z.string(), z.string()).optional().describe('gRPC: sent with every call; values of keys that end in -bin are base64'),
  descriptors: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('gRPC: descriptor sets or .proto files, for a server without reflection'),
  protoPaths: z.array(z.string()).optional().describe('gRPC: folders in which .proto files find their imports. Default: their own folder'),
  protoc: z.string().optional().describe('gRPC: the compiler of .proto files, buf or protoc. Default: the one on PATH'),
  services: z.array(z.string()).optional().describe('gRPC: services to serve, by full name or glob; "!" excludes'),
  methods: z.array(z.string()).optional().describe('gRPC: methods to serve, as pkg.v1.Service/Method or glob; "!" excludes'),
  zeros: z.boolean().optional().describe('gRPC: print fields with default values in results. Default: false'),
};

/** The format's keys of one entry. */
export interface GrpcOptions {
  readonly target: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly descriptors: readonly string[];
  readonly protoPaths: readonly string[];
  readonly protoc?: string;
  readonly services: readonly string[];
  readonly methods: readonly string[];
  readonly zeros: boolean;
}

type Keys = z.infer<z.ZodObject<typeof OPTIONS>>;

/** Reads the keys of an entry, which the schema has validated. Without `target`, the format cannot serve it. */
export function toOptions({ entry, path, root }: Pick<Source, 'entry' | 'path' | 'root'>): GrpcOptions | undefined {
  const {
    target,
    metadata = {},
    descriptors,
    protoPaths = [],
    services = [],
    methods = [],
    zeros = false,
    ...rest
  } = entry.options as Keys;
  if (target === undefined) return undefined;
  // A path that the entry has next to its address is the description of that server.
  const files = [descriptors ?? (path === root ? [] : path)].flat();
  // A socket below the folder of mcp.json may be given relative to it.
  const socket = /^unix:(?!\/)(.+)$/.exec(target)?.[1];
  return {
    ...rest,
    target: socket === undefined || isAbsolute(socket) ? target : `unix:${join(root, socket)}`,
    metadata,
    descriptors: files,
    protoPaths,
    services,
    methods,
    zeros,
  };
}
