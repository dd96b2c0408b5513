import { readFileSync } from 'node:fs';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import type { AtEnd } from './temp.ts';

/** A descriptor set with comments: shop.proto and old.proto. */
export const SHOP = new URL('../fixtures/grpc/shop.binpb', import.meta.url).pathname;

/** The files of the set, fresh for each caller, who may damage them. */
export function shopFiles(): FileDescriptorProto[] {
  return fromBinary(FileDescriptorSetSchema, readFileSync(SHOP)).file;
}

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, done: (error: object | null, reply?: Buffer) => void) => void;
type Streaming = (call: ServerWritableStream<Buffer, Buffer>) => void;

/** What a server does; methods are named `pkg.Service/Method`. */
export interface TestServerSpec {
  readonly unary?: Readonly<Record<string, Unary>>;
  readonly streams?: Readonly<Record<string, Streaming>>;
  /** The versions of reflection that it serves. */
  readonly reflection?: readonly ('v1' | 'v1alpha')[];
  readonly files?: readonly FileDescriptorProto[];
  /** Answers a reflection request itself: field number and value. Undefined: as usual. */
  readonly reflect?: (field: number, value: string, call: ServerDuplexStream<Buffer, Buffer>) => Uint8Array | 'nothing' | undefined;
  readonly port?: number;
}

/** A gRPC server in this process. */
export interface TestServer {
  readonly address: string;
  /** Reflection requests so far. */
  readonly asked: string[];
  stop(): void;
}

const asBytes = (bytes: Buffer): Buffer => bytes;

/** Starts a server on loopback. */
export async function startGrpc(spec: TestServerSpec, atEnd: AtEnd = onTestFinished as AtEnd): Promise<TestServer> {
  const server = new Server();
  const asked: string[] = [];
  const add = (path: string, streams: { requestStream: boolean; responseStream: boolean }, handler: unknown): void => {
    const [service, method] = path.split('/') as [string, string];
    const definition = {
      path: `/${service}/${method}`,
      ...streams,
      requestSerialize: asBytes,
      requestDeserialize: asBytes,
      responseSerialize: asBytes,
      responseDeserialize: asBytes,
    };
    server.addService({ [method]: definition }, { [method]: handler as never });
  };
  for (const [path, handler] of Object.entries(spec.unary ?? {})) add(path, { requestStream: false, responseStream: false }, handler);
  for (const [path, handler] of Object.entries(spec.streams ?? {})) add(path, { requestStream: false, responseStream: true }, handler);
  for (const version of spec.reflection ?? [])
    add(
      `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      { requestStream: true, responseStream: true },
      (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (request: Buffer) => {
          const reader = new BinaryReader(request);
          const [field] = reader.tag();
          const value = reader.string();
          asked.push(`${field} ${value}`);
          const reply = spec.reflect?.(field, value, call) ?? answer(spec.files ?? [], field, value);
          if (reply !== 'nothing') call.write(Buffer.from(reply));
        });
        call.on('end', () => call.end());
        call.on('error', () => undefined);
      },
    );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${spec.port ?? 0}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const stop = (): void => server.forceShutdown();
  atEnd(stop);
  return { address: `127.0.0.1:${port}`, asked, stop };
}

function answer(files: readonly FileDescriptorProto[], field: number, value: string): Uint8Array {
  if (field === 7)
    return servicesReply(
      files.flatMap(({ package: scope, service }) => service.map(({ name }) => (scope === '' ? name : `${scope}.${name}`))),
    );
  const found = files.find((file) =>
    field === 3 ? file.name === value : file.service.some(({ name }) => value === (file.package === '' ? name : `${file.package}.${name}`)),
  );
  return found ? filesReply([toBinary(FileDescriptorProtoSchema, found)]) : errorReply(5, `${value} not found`);
}

/** The reply to a request for the list of services. */
export function servicesReply(names: readonly string[]): Uint8Array {
  const list = new BinaryWriter();
  for (const name of names)
    list.tag(1, WireType.LengthDelimited).bytes(new BinaryWriter().tag(1, WireType.LengthDelimited).string(name).finish());
  return new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(list.finish()).finish();
}

/** The reply to a request for a file. */
export function filesReply(files: readonly Uint8Array[]): Uint8Array {
  const list = new BinaryWriter();
  for (const file of files) list.tag(1, WireType.LengthDelimited).bytes(file);
  return new BinaryWriter().tag(4, WireType.LengthDelimited).bytes(list.finish()).finish();
}

function errorReply(code: number, message: string): Uint8Array {
  const error = new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(message);
  return new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(error.finish()).finish();
}

/** A failure with the details of `google.rpc`, each as type and encoded message. */
export function statusError(code: number, message: string, details: readonly (readonly [type: string, value: Uint8Array])[]): object {
  const status = new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(message);
  for (const [type, value] of details) {
    const any = new BinaryWriter().tag(1, WireType.LengthDelimited).string(`type.googleapis.com/${type}`);
    status.tag(3, WireType.LengthDelimited).bytes(any.tag(2, WireType.LengthDelimited).bytes(value).finish());
  }
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(status.finish()));
  return { code, details: message, metadata };
}
