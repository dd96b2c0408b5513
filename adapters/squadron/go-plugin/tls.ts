import { X509Certificate } from 'node:crypto';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { createIdentity } from './certificate.ts';

/** The gateway's side of one encrypted connection. */
export interface HostTls {
  /** PEM certificate that the plugin pins. */
  readonly certificate: string;
  /** Returns credentials that pin the plugin's DER certificate. */
  credentials(plugin: Buffer): ChannelCredentials;
}

/** Creates a client certificate for one start of one plugin. */
export function createHostTls(): HostTls {
  const { certificate, key } = createIdentity();
  return {
    certificate,
    credentials: (plugin) =>
      credentials.createSsl(Buffer.from(new X509Certificate(plugin).toString()), Buffer.from(key), Buffer.from(certificate)),
  };
}
