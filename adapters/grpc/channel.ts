import { readFileSync } from 'node:fs';
import { type ChannelCredentials, Client, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { isLoopback } from '../../src/core/addresses.ts';
import { literalAddress, refuseAddress } from '../../src/core/checked-addresses.ts';
import { GatewayError, toError } from '../../src/core/errors.ts';
import { fileFault } from '../../src/core/file-fault.ts';
import type { GrpcOptions } from './options.ts';

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/;

/** An address, checked. */
interface Target {
  /** Host name or IP address; undefined for a Unix socket. */
  readonly host: string | undefined;
  /** In the form that the library takes. */
  readonly uri: string;
}

/** Creates the client of one server; it connects with the first call. Throws CONFIG_INVALID. */
export function createClient(options: GrpcOptions, largestBytes: number, proxied: boolean): Client {
  const { host, uri } = parseTarget(options.target);
  const { serverName } = options;
  const channel: ClientOptions = {
    'grpc.max_receive_message_length': largestBytes,
    'grpc.max_send_message_length': -1,
    // Whether a call may be sent twice is not for a configuration that comes from DNS to decide.
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    // Entries with the same address may differ in their certificates and metadata.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.primary_user_agent': 'plugmux',
    'grpc.initial_reconnect_backoff_ms': 250,
    'grpc.max_reconnect_backoff_ms': 30_000,
    ...(proxied && host !== undefined && !isLoopback(host) ? {} : { 'grpc.enable_http_proxy': 0 }),
    ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }),
  };
  return new Client(uri, toCredentials(options, host), channel);
}

/** Parses the address of an entry. Throws CONFIG_INVALID for what cannot be one. */
export function parseTarget(target: string): Target {
  const bad = (why: string, fix = 'Write "target" as dns:///host:port, host:port, ipv4:1.2.3.4:port, ipv6:[::1]:port or unix:/path.') =>
    new GatewayError('CONFIG_INVALID', `The gRPC address "${target}" cannot be used: ${why}.`, { field: 'target', fix });
  if (/^https?:\/\//i.test(target))
    throw bad('it is a web address', `Write "target": "${target.replace(/^https?:\/\/([^/]*).*$/i, '$1')}" with its port, and "tls".`);
  const scheme = WITH_PORT.test(target) ? undefined : SCHEME.exec(target)?.[1]?.toLowerCase();
  if (scheme === 'unix') {
    const path = target.replace(/^unix:(\/\/(?=\/))?/, '');
    if (!path.startsWith('/')) throw bad('the socket has no absolute path');
    return { host: undefined, uri: `unix:${path}` };
  }
  if (scheme !== undefined && !['dns', 'ipv4', 'ipv6'].includes(scheme)) throw bad(`"${scheme}:" is not supported`);
  const rest = scheme === undefined ? target : target.slice(scheme.length + 1).replace(/^\/\/\/?/, '');
  const found = WITH_PORT.exec(rest);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || Number(found?.[3]) > 65_535) throw bad('it has no host and port');
  const literal = literalAddress(host);
  const refused = literal === undefined ? undefined : refuseAddress(literal, { allowPrivate: true });
  if (refused !== undefined) throw bad(refused);
  return { host, uri: scheme === 'ipv4' || scheme === 'ipv6' ? `${scheme}:${rest}` : `dns:${rest}` };
}

/** Whether an entry's connection is encrypted: by default everywhere but on this machine. */
export function isEncrypted({ tls, ca, cert, key }: GrpcOptions, host: string | undefined): boolean {
  return tls ?? (ca !== undefined || cert !== undefined || key !== undefined || (host !== undefined && !isLoopback(host)));
}

function toCredentials(options: GrpcOptions, host: string | undefined): ChannelCredentials {
  const { cert, key } = options;
  if (!isEncrypted(options, host)) return credentials.createInsecure();
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    throw new GatewayError('CONFIG_INVALID', `Mutual TLS needs "cert" and "key", and the entry has only "${has}".`, {
      field: has,
      fix: `Add "${lacks}" to the entry.`,
    });
  }
  const [authority, privateKey, certificate] = (['ca', 'key', 'cert'] as const).map((name) => readPem(name, options[name]));
  try {
    return credentials.createSsl(authority, privateKey, certificate);
  } catch (error) {
    const why = toError(error).message;
    throw new GatewayError('CONFIG_INVALID', `The TLS files of the entry cannot be used: ${why}.`, {
      field: cert === undefined ? 'ca' : 'cert',
      fix: 'Use PEM files, and the key that belongs to the certificate.',
      cause: error,
    });
  }
}

function readPem(field: string, file: string | undefined): Buffer | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new GatewayError('ENTRY_NOT_FOUND', `${file} cannot be read: ${fileFault(error)}.`, { field });
  }
}

/** The metadata of every call. Throws CONFIG_INVALID for keys and values that gRPC cannot send. */
export function toMetadata(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) {
    const key = name.toLowerCase();
    try {
      if (key.startsWith('grpc-')) throw new Error('keys that begin with grpc- belong to the protocol');
      metadata.set(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch (error) {
      // The library's text contains the value.
      const why = toError(error).message.replaceAll(value, '[redacted]');
      throw new GatewayError('CONFIG_INVALID', `The metadata "${name}" cannot be sent: ${why}.`, {
        field: 'metadata',
        fix: 'Use printable ASCII, or a key that ends in -bin with a base64 value.',
      });
    }
  }
  return metadata;
}
