import { lstatSync } from 'node:fs';
import { GatewayError } from '../../../src/core/errors.ts';
import { shorten, showName } from '../../../src/core/text/text.ts';

const LINE = /^\d+\|\d+\|(unix|tcp)(\||$)/;
/** Malformed handshakes: another network, or too few fields. Tables of numbers printed during an import do not match. */
const MEANT = /^1\|1(\|?$|\|\||\|[a-z][\w+.-]*(\||$))|^\d+\|\d+\|[^|]*\|[^|]*\|(grpc|netrpc)(\||$)/i;
const MAX_LINE_LENGTH = 4096;
const MIN_CERTIFICATE_LENGTH = 50;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;

/** The first line of a plugin, parsed. */
export interface Handshake {
  /** gRPC target. */
  readonly target: string;
  /** The plugin's certificate in DER, if it offers TLS. */
  readonly certificate?: Buffer;
}

/** Environment for a program to serve as a plugin. `dir`: folder of its socket and temporary files. */
export function handshakeEnvironment(dir: string): Record<string, string> {
  return {
    SQUAD_PLUGIN: 'squadron-tool-plugin-v1',
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: '1',
    PLUGIN_UNIX_SOCKET_DIR: dir,
    // Older SDKs read only this variable.
    TMPDIR: dir,
    PYTHONUNBUFFERED: '1',
  };
}

/** A parsed line of stdout: a handshake, a malformed one, or undefined for other output. */
export type ReadLine = { readonly handshake: Handshake } | { readonly doubtful: GatewayError } | undefined;

/** Parses one line of stdout. `isCut`: the line was longer. Throws HANDSHAKE_FAILED if the versions are incompatible. */
export function readHandshake(line: string, isCut = false): ReadLine {
  const text = line.trim();
  if (isCut || text.length > MAX_LINE_LENGTH) {
    if (LINE.test(text) || MEANT.test(text)) throw refused(`its handshake line has more than ${MAX_LINE_LENGTH} characters`);
    return undefined;
  }
  if (!LINE.test(text)) return MEANT.test(text) ? { doubtful: doubt(text) } : undefined;
  const [core, app, network, address = '', protocol = 'netrpc', certificate = ''] = text.split('|');
  if (core !== '1') throw refused(`it uses version ${core} of the plugin protocol, the gateway supports version 1`);
  if (app !== '1') throw refused(`it was built for version ${app} of the tool interface, the gateway supports version 1`);
  if (address === '') throw refused(`it has no address: ${show(text)}`);
  if (protocol !== 'grpc') throw refused(`it uses ${protocol || 'netrpc'}, the gateway supports grpc`);
  const target = network === 'unix' ? unixTarget(address) : tcpTarget(address);
  const handshake = certificate.length > MIN_CERTIFICATE_LENGTH ? { target, certificate: Buffer.from(certificate, 'base64') } : { target };
  return { handshake };
}

function doubt(text: string): GatewayError {
  const network = text.split('|')[2] ?? '';
  return refused(
    network === '' ? `fields are missing: ${show(text)}` : `it uses the network "${showName(network)}", the gateway supports unix and tcp`,
  );
}

function show(text: string): string {
  return JSON.stringify(shorten(text, 100));
}

function unixTarget(path: string): string {
  let problem: string | undefined;
  try {
    const stat = lstatSync(path);
    if (!stat.isSocket()) problem = 'is not a socket';
    else if (process.getuid && stat.uid !== process.getuid()) problem = 'belongs to another user';
  } catch {
    problem = 'does not exist';
  }
  if (problem !== undefined || !path.startsWith('/')) throw refused(`its socket ${problem ?? 'is not an absolute path'}`);
  return `unix:${path}`;
}

function tcpTarget(address: string): string {
  if (!LOOPBACK.test(address)) throw refused(`it listens on ${address}, which is not a loopback address`);
  return `dns:${address}`;
}

function refused(why: string): GatewayError {
  return new GatewayError('HANDSHAKE_FAILED', `The plugin's handshake was rejected: ${why}.`, {
    fix: 'Build the plugin with a supported release of the SDK.',
  });
}
