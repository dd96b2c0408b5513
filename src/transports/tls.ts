import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createRequire } from 'node:module';
import { createSecureContext } from 'node:tls';
import type { ListenConfig } from '../config/config.ts';
import { GatewayError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';

/** As long as headers may take to arrive. */
const HANDSHAKE_MS = 10_000;

/** A certificate and its key, as PEM. */
interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A server for HTTP, or for HTTPS if the configuration names a certificate. */
export interface WebServer {
  readonly server: Server;
  readonly scheme: 'http' | 'https';
  /** Takes a renewed certificate for new connections. Throws CONFIG_INVALID, and keeps the old one. */
  renew(tls: ListenConfig['tls']): void;
}

/** Creates the server. Throws CONFIG_INVALID if the certificate cannot be used. */
export function createWebServer(tls: ListenConfig['tls'], options: ServerOptions, listener: RequestListener): WebServer {
  if (!tls) return { server: createServer(options, listener), scheme: 'http', renew: () => undefined };
  const https = createRequire(import.meta.url)('node:https') as typeof import('node:https');
  let used = readPair(tls);
  const server = https.createServer({ ...options, ...used, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS }, listener);
  return {
    server: server as unknown as Server,
    scheme: 'https',
    renew(next) {
      if (!next) return;
      const pair = readPair(next);
      if (pair.cert.equals(used.cert) && pair.key.equals(used.key)) return;
      server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
      used = pair;
    },
  };
}

function readPair({ cert, key }: NonNullable<ListenConfig['tls']>): Pair {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw unusable(`${file} cannot be read: ${fileFault(error)}`, error);
    }
  };
  const pair = { cert: read(cert), key: read(key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    // OpenSSL names neither file, but also nothing of the key.
    throw unusable(
      `${cert} and ${key} are not a certificate and its key in PEM (${(error as NodeJS.ErrnoException).code ?? 'not valid'})`,
      error,
    );
  }
  return pair;
}

function unusable(why: string, cause: unknown): GatewayError {
  return new GatewayError('CONFIG_INVALID', `HTTPS cannot be served: ${why}.`, { fix: 'Correct "listen.tls" in mcp.json.', cause });
}
