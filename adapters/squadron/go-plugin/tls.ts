import { X509Certificate } from 'node:crypto';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { createIdentity } from './certificate.ts';

/** The gateway's side of one encrypted connection. */
export interface HostTls {
  /** As PEM, for the plugin to pin. */
  readonly certificate: string;
  /** Credentials that pin the plugin's certificate, given as DER. */
  credentials(plugin: Buffer): ChannelCredentials;
}

/** A certificate of the gateway for one start of one plugin. */
export function createHostTls(): HostTls {
  const { certificate, key } = createIdentity();
  return {
    certificate,
    credentials: (plugin) =>
      credentials.createSsl(Buffer.from(new X509Certificate(plugin).toString()), Buffer.from(key), Buffer.from(certificate)),
  };
}
