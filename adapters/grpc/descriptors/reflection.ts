import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Client, type ClientDuplexStream, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { GatewayError } from '../../../src/core/errors.ts';
import { showName } from '../../../src/core/text/text.ts';
import { createCollector, type Descriptors } from './limits.ts';

const VERSIONS = ['v1', 'v1alpha'] as const;
// Field numbers of the reflection protocol, equal in both versions.
const REQUEST = { fileByName: 3, fileOfSymbol: 4, listServices: 7 } as const;
const RESPONSE = { files: 4, services: 6, error: 7 } as const;

interface Answer {
  readonly files: readonly Uint8Array[];
  readonly services: readonly string[];
  readonly error?: string;
}

/** Reads the descriptors of a server by reflection. Rejects with the call's own error, or NEEDS_CONFIGURATION without reflection. */
export async function reflect(
  client: Client,
  metadata: Metadata,
  timeoutMs: number,
  isWanted: (service: string) => boolean,
): Promise<Descriptors> {
  const until = Date.now() + timeoutMs;
  for (const version of VERSIONS) {
    try {
      return await readAll(client, metadata, version, until, isWanted);
    } catch (error) {
      if ((error as ServiceError).code !== status.UNIMPLEMENTED) throw error;
    }
  }
  throw new GatewayError('NEEDS_CONFIGURATION', 'The server has no reflection, and the entry has no "descriptors".', {
    field: 'descriptors',
    fix: 'Set "descriptors" to its .proto files or to a descriptor set (protoc --include_imports --include_source_info --descriptor_set_out).',
  });
}

async function readAll(
  client: Client,
  metadata: Metadata,
  version: (typeof VERSIONS)[number],
  deadline: number,
  isWanted: (service: string) => boolean,
): Promise<Descriptors> {
  const stream = openStream(client, metadata, version, deadline);
  const { files, add, names } = createCollector();
  const faults: string[] = [];
  const failed = new Set<string>();
  try {
    const services = (await stream.ask(REQUEST.listServices, '*')).services.filter(isWanted);
    for (const service of services) {
      const { files: sent, error } = await stream.ask(REQUEST.fileOfSymbol, service);
      if (error !== undefined) {
        failed.add(service);
        faults.push(`${showName(service)}: ${error}`);
      }
      sent.forEach(add);
    }
    // A file that was asked for once is not asked for again, whatever the server sends under its name.
    const asked = new Set<string>();
    for (let missing = names(asked); missing.length > 0; missing = names(asked)) {
      for (const name of missing) {
        asked.add(name);
        (await stream.ask(REQUEST.fileByName, name)).files.forEach(add);
      }
    }
    // Files may declare services that this server does not run.
    const runs = new Set(services);
    const declared = new Set(
      files.flatMap(({ package: scope, service }) => service.map(({ name }) => (scope === '' ? name : `${scope}.${name}`))),
    );
    for (const service of services)
      if (!declared.has(service) && !failed.has(service))
        faults.push(`${showName(service)}: the server lists the service, but does not describe it`);
    for (const file of files)
      file.service = file.service.filter(({ name }) => runs.has(file.package === '' ? name : `${file.package}.${name}`));
    return { files, from: `reflection ${version}`, faults };
  } finally {
    stream.close();
  }
}

// One request at a time: the protocol answers in order.
function openStream(client: Client, metadata: Metadata, version: string, deadline: number) {
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const call: ClientDuplexStream<Uint8Array, Answer> = client.makeBidiStreamRequest(
    path,
    (bytes: Uint8Array) => Buffer.from(bytes),
    readAnswer,
    metadata,
    { deadline },
  );
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    waiting?.reject(ended);
  };
  call.on('data', (answer: Answer) => {
    const asked = waiting;
    waiting = undefined;
    // Without a question there is no answer, so such a server would fill the memory.
    if (asked) asked.resolve(answer);
    else call.cancel();
  });
  call.on('error', end);
  call.on('end', () => end(new GatewayError('PLUGIN_PROTOCOL_ERROR', 'The server ended the reflection stream early.')));
  return {
    ask(field: number, value: string): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting = { resolve, reject };
        call.write(new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish());
      });
    },
    close(): void {
      waiting = undefined;
      call.end();
      call.cancel();
    },
  };
}

function readAnswer(bytes: Buffer): Answer {
  const answer = { files: [] as Uint8Array[], services: [] as string[], error: undefined as string | undefined };
  eachField(bytes, (no, value) => {
    if (no === RESPONSE.files) eachField(value, (inner, file) => inner === 1 && answer.files.push(file));
    if (no === RESPONSE.services)
      eachField(value, (inner, service) => inner === 1 && eachField(service, (n, name) => n === 1 && answer.services.push(text(name))));
    if (no === RESPONSE.error) {
      answer.error = 'the server reports an error';
      eachField(value, (inner, message) => {
        if (inner === 2) answer.error = showName(text(message));
      });
    }
  });
  const { error, ...rest } = answer;
  return error === undefined ? rest : { ...rest, error };
}

function eachField(bytes: Uint8Array, visit: (no: number, value: Uint8Array) => unknown): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [no, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) visit(no, reader.bytes());
    else reader.skip(wire, no);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
