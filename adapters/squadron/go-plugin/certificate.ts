import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, both as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

// DER tags.
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const OID = 0x06;
const UTF8 = 0x0c;
const TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const DNS_NAME = 0x82;
const explicit = (n: number): number => 0xa0 + n;

const ECDSA_SHA256 = '2a8648ce3d040302';
const ORGANISATION = '55040a';
const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';
const EXTENDED_USAGE = '551d25';
const ALTERNATIVE_NAME = '551d11';
const SERVER_AUTH = '2b06010505070301';
const CLIENT_AUTH = '2b06010505070302';
// digitalSignature, keyEncipherment, keyAgreement, keyCertSign: six bits, two unused.
const USAGES = Buffer.from([0x02, 0b10101100]);
const YEARS_30_MS = 262_980 * 3_600_000;

/** Creates a self-signed certificate for `localhost`, for client and server, with a new key. */
export function createIdentity(now: number = Date.now()): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid(ECDSA_SHA256));
  const name = der(SEQUENCE, attribute(ORGANISATION, 'plugmux'), attribute(COMMON_NAME, 'localhost'));
  const body = der(
    SEQUENCE,
    der(explicit(0), der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    der(SEQUENCE, time(now - 30_000), time(now + YEARS_30_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      explicit(3),
      der(
        SEQUENCE,
        extension(BASIC_CONSTRAINTS, true, der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff])))),
        extension(KEY_USAGE, true, der(BITS, USAGES)),
        extension(EXTENDED_USAGE, false, der(SEQUENCE, oid(CLIENT_AUTH), oid(SERVER_AUTH))),
        extension(ALTERNATIVE_NAME, false, der(SEQUENCE, der(DNS_NAME, Buffer.from('localhost')))),
      ),
    ),
  );
  const signature = der(BITS, Buffer.from([0]), sign('sha256', body, privateKey));
  return {
    certificate: pem(der(SEQUENCE, body, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function oid(hex: string): Buffer {
  return der(OID, Buffer.from(hex, 'hex'));
}

function attribute(type: string, value: string): Buffer {
  return der(SET, der(SEQUENCE, oid(type), der(UTF8, Buffer.from(value))));
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return der(SEQUENCE, oid(type), ...(critical ? [der(BOOLEAN, Buffer.from([0xff]))] : []), der(OCTETS, value));
}

// GeneralizedTime; dates before 2050 use UTCTime.
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return ms < Date.UTC(2050) ? der(0x17, Buffer.from(text.slice(2))) : der(TIME, Buffer.from(text));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
