import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';

/** An encrypted secret. */
export interface Sealed {
  /** 12 bytes. */
  readonly nonce: Buffer;
  /** Ciphertext and tag. */
  readonly sealed: Buffer;
  /** Identifies the key, without revealing it. */
  readonly keyId: string;
}

/** Encrypts secrets with AES-256-GCM, each bound to its plugin and key. */
export interface Sealer {
  /** Throws STATE_STORE_UNAVAILABLE if there is no key. */
  seal(plugin: string, key: string, text: string): Sealed;
  /** The secret; undefined, and logged once, if it was sealed with another key or changed since. */
  open(plugin: string, key: string, sealed: Sealed): string | undefined;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const VARIABLE = 'PLUGMUX_KEY';

/** Where the key comes from. */
export interface SealerParts {
  /** The environment; its PLUGMUX_KEY replaces the key of the state folder. */
  readonly env: NodeJS.ProcessEnv;
  readonly stateKey: () => Buffer | undefined;
  /** Writes the key of the state folder through to the disk. */
  readonly syncKey: () => void;
  readonly log: Logger;
  /** Masks a text in logs and errors. */
  readonly hide: (secret: string) => void;
}

/** A sealer with the key of PLUGMUX_KEY, or of the state folder, which it reads on first use. Throws CONFIG_INVALID. */
export function createSealer({ env, stateKey, syncKey, log, hide }: SealerParts): Sealer {
  const given = readKey(env[VARIABLE], hide);
  let known: { readonly key: Buffer; readonly id: string } | undefined;
  let reported = false;
  let synced = false;

  const keyed = (): typeof known => {
    const source = known ? undefined : (given ?? stateKey());
    if (source) known = deriveKey(source);
    return known;
  };
  const report = (plugin: string): undefined => {
    if (reported) return;
    reported = true;
    const restore = given
      ? `set ${VARIABLE} to the earlier key`
      : `restore "key" in the state folder${known ? '' : ', which cannot be read'}`;
    log.warn(`secrets of plugin "${plugin}" were stored with another key and count as missing: ${restore}, or store them again`);
  };

  return {
    seal(plugin, key, text) {
      const use = keyed();
      if (!use) {
        throw new GatewayError(
          'STATE_STORE_UNAVAILABLE',
          'The secret was not stored: the key of the state folder cannot be read or created.',
          {
            fix: `Make the file "key" in the state folder readable and writable, or set ${VARIABLE}.`,
          },
        );
      }
      if (!given && !synced) syncKey();
      synced = true;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, use.key, nonce).setAAD(boundTo(plugin, key));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { nonce, sealed, keyId: use.id };
    },
    open(plugin, key, { nonce, sealed, keyId }) {
      const use = keyed();
      if (use?.id !== keyId || nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return report(plugin);
      try {
        const decipher = createDecipheriv(CIPHER, use.key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(boundTo(plugin, key)).setAuthTag(sealed.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        return report(plugin);
      }
    },
  };
}

// The file's key also makes HMACs, so each purpose has a key of its own.
function deriveKey(source: Buffer): { readonly key: Buffer; readonly id: string } {
  const key = Buffer.from(hkdfSync('sha256', source, '', 'plugmux secrets', KEY_BYTES));
  return { key, id: hash('sha256', key, 'base64url').slice(0, 11) };
}

// Encoded, because an id may contain any separator.
function boundTo(plugin: string, key: string): Buffer {
  return Buffer.from(JSON.stringify([plugin, key]));
}

function readKey(text: string | undefined, hide: (secret: string) => void): Buffer | undefined {
  if (text === undefined) return undefined;
  if (text !== '') hide(text);
  const key = Buffer.from(text, 'base64');
  // The message must not contain the value.
  if (key.length === KEY_BYTES && key.toString('base64') === text) return key;
  throw new GatewayError(
    'CONFIG_INVALID',
    `The environment variable ${VARIABLE} is not a key: it must be 32 bytes in base64, ${faultOf(text)}.`,
    {
      fix: `Set it to the output of \`openssl rand -base64 32\`, or unset it to use the key in the state folder.`,
    },
  );
}

function faultOf(text: string): string {
  if (text === '') return 'but is empty';
  if (/\s/.test(text)) return 'but contains a space or line break';
  if (/[-_]/.test(text)) return 'in the standard alphabet with "+" and "/", but contains "-" or "_"';
  if (/^[A-Za-z0-9+/]{43}$/.test(text)) return 'but lacks the "=" at its end';
  return `which is 44 characters, but has ${text.length} or other characters`;
}
