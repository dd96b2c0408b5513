import { lstatSync } from 'node:fs';
import { GatewayError } from '../../../src/core/errors.ts';

const LINE = /^(\d+)\|(\d+)\|(unix|tcp)\|/;
const LONGEST_LINE = 4096;
const SHORTEST_CERTIFICATE = 50;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;

/** What a plugin said of itself on its first line. */
export interface Handshake {
  /** As a gRPC target. */
  readonly target: string;
  /** The plugin's certificate in DER, where it offers TLS. */
  readonly certificate?: Buffer;
}

/** The environment that makes a program of this kind serve as a plugin. `dir` is where its socket and temporary files go. */
export function handshakeEnvironment(dir: string): Record<string, string> {
  return {
    SQUAD_PLUGIN: 'squadron-tool-plugin-v1',
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    PLUGIN_PROTOCOL_VERSIONS: '1',
    PLUGIN_UNIX_SOCKET_DIR: dir,
    // Older servers know only this one.
    TMPDIR: dir,
    PYTHONUNBUFFERED: '1',
  };
}

/** Reads one line of stdout: the handshake, or undefined for anything printed before it. Throws where the two do not fit. */
export function readHandshake(line: string): Handshake | undefined {
  const text = line.trim();
  if (!LINE.test(text)) return undefined;
  if (text.length > LONGEST_LINE) throw refused(`its handshake line has more than ${LONGEST_LINE} characters`);
  const [core, app, network, address = '', protocol = 'netrpc', certificate = ''] = text.split('|');
  if (core !== '1') throw refused(`it speaks version ${core} of the plugin protocol, the gateway version 1`);
  if (app !== '1') throw refused(`it was built for version ${app} of the tool interface, the gateway speaks version 1`);
  if (protocol !== 'grpc') throw refused(`it speaks ${protocol || 'netrpc'}, the gateway speaks grpc`);
  const target = network === 'unix' ? unixTarget(address) : tcpTarget(address);
  return certificate.length > SHORTEST_CERTIFICATE ? { target, certificate: Buffer.from(certificate, 'base64') } : { target };
}

function unixTarget(path: string): string {
  let problem: string | undefined;
  try {
    const stat = lstatSync(path);
    if (!stat.isSocket()) problem = 'is no socket';
    else if (process.getuid && stat.uid !== process.getuid()) problem = 'belongs to another user';
  } catch {
    problem = 'does not exist';
  }
  if (problem !== undefined || !path.startsWith('/')) throw refused(`the socket it named ${problem ?? 'is no absolute path'}`);
  return `unix:${path}`;
}

function tcpTarget(address: string): string {
  if (!LOOPBACK.test(address)) throw refused(`it listens on ${address}, which is not this machine alone`);
  return `dns:${address}`;
}

function refused(why: string): GatewayError {
  return new GatewayError('HANDSHAKE_FAILED', `The plugin's handshake is refused: ${why}.`, {
    fix: 'Build the plugin with a release of the SDK that the gateway knows.',
  });
}
