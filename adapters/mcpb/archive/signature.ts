import { X509Certificate } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const START = 'MCPB_SIG_V1';
const END = 'MCPB_SIG_END';
/** Real signatures have a few KB: some certificates. */
const MAX_SIGNATURE = 1024 * 1024;

/** The zip part of a bundle, and its signature behind it. */
export interface Parts {
  /** Bytes of the zip. */
  readonly zipBytes: number;
  /** Who signed it, for messages; undefined if it is not signed. */
  readonly signature?: string;
}

/** Finds the signature of a bundle, which stands behind the zip. No signature is verified: the SHA-256 of the file is pinned. */
export function findSignature(file: string): Parts {
  const open = openSync(file, 'r');
  try {
    const { size } = fstatSync(open);
    const tail = Buffer.alloc(Math.min(size, MAX_SIGNATURE));
    readSync(open, tail, 0, tail.length, size - tail.length);
    const at = tail.lastIndexOf(START);
    if (at < 0 || tail.length - at < START.length + 4 + END.length) return { zipBytes: size };
    const from = at + START.length + 4;
    const length = tail.readUInt32LE(at + START.length);
    // A file inside the zip may hold these letters, too.
    if (from + length + END.length !== tail.length || tail.toString('latin1', from + length) !== END) return { zipBytes: size };
    const name = signerOf(tail.subarray(from, from + length));
    const signature = `signed by ${name ?? 'an unknown signer'}, not verified: no signature of a bundle can be. Compare the SHA-256 of its facts with what the publisher says.`;
    return { zipBytes: size - tail.length + at, signature };
  } finally {
    closeSync(open);
  }
}

interface Der {
  readonly tag: number;
  readonly whole: Buffer;
  readonly body: Buffer;
}

// PKCS#7: ContentInfo { type, [0] SignedData { version, digests, content, [0] certificates } }.
function signerOf(der: Buffer): string | undefined {
  try {
    const signedData = partsOf(partsOf(partsOf(der)[0]?.body)[1]?.body)[0];
    const certificates = partsOf(signedData?.body).find(({ tag }) => tag === 0xa0);
    for (const { whole } of partsOf(certificates?.body)) {
      const name = /^CN=(.+)$/m.exec(new X509Certificate(whole).subject)?.[1];
      if (name !== undefined) return JSON.stringify(name.slice(0, 200));
    }
  } catch {
    // What cannot be read names nobody.
  }
  return undefined;
}

function partsOf(bytes: Buffer = Buffer.alloc(0)): Der[] {
  const parts: Der[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] as number;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (more > 4 || first === 0x80) throw new Error('the length is too long');
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const from = at + 2 + more;
    if (from + length > bytes.length) throw new Error('it ends too early');
    parts.push({ tag, whole: bytes.subarray(at, from + length), body: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return parts;
}
