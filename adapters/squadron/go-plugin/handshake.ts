import { lstatSync } from 'node:fs';
import { GatewayError } from '../../../src/core/errors.ts';
import { shorten, showName } from '../../../src/core/text/text.ts';

const LINE = /^\d+\|\d+\|(unix|tcp)(\||$)/;
/** Lines that are meant as one: another network, or too few fields. Tables of numbers, printed at an import, are not. */
const MEANT = /^1\|1(\|?$|\|\||\|[a-z][\w+.-]*(\||$))|^\d+\|\d+\|[^|]*\|[^|]*\|(grpc|netrpc)(\||$)/i;
const MAX_LINE_LENGTH = 4096;
const MIN_CERTIFICATE_LENGTH = 50;
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

/** What a line of stdout is: a handshake, one that is meant so and cannot be used, or undefined for anything else that is printed. */
export type ReadLine = { readonly handshake: Handshake } | { readonly doubtful: GatewayError } | undefined;

/** Reads one line of stdout; `isCut` where there was more of it. Throws where it is a handshake and the two do not fit. */
export function readHandshake(line: string, isCut = false): ReadLine {
  const text = line.trim();
  if (isCut || text.length > MAX_LINE_LENGTH) {
    if (LINE.test(text) || MEANT.test(text)) throw refused(`its handshake line has more than ${MAX_LINE_LENGTH} characters`);
    return undefined;
  }
  if (!LINE.test(text)) return MEANT.test(text) ? { doubtful: doubt(text) } : undefined;
  const [core, app, network, address = '', protocol = 'netrpc', certificate = ''] = text.split('|');
  if (core !== '1') throw refused(`it speaks version ${core} of the plugin protocol, the gateway version 1`);
  if (app !== '1') throw refused(`it was built for version ${app} of the tool interface, the gateway speaks version 1`);
  if (address === '') throw refused(`it names no address: ${show(text)}`);
  if (protocol !== 'grpc') throw refused(`it speaks ${protocol || 'netrpc'}, the gateway speaks grpc`);
  const target = network === 'unix' ? unixTarget(address) : tcpTarget(address);
  const handshake = certificate.length > MIN_CERTIFICATE_LENGTH ? { target, certificate: Buffer.from(certificate, 'base64') } : { target };
  return { handshake };
}

function doubt(text: string): GatewayError {
  const network = text.split('|')[2] ?? '';
  return refused(
    network === ''
      ? `fields are missing in it: ${show(text)}`
      : `it names the network "${showName(network)}", the gateway speaks unix and tcp`,
  );
}

function show(text: string): string {
  return JSON.stringify(shorten(text, 100));
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
