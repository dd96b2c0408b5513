import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ConfigIdentity } from './config-identity.ts';

/** Lines that begin with this byte are between window and gateway. No JSON begins with it. */
export const CONTROL = 1;
/** How long either side may take to prove itself, in milliseconds. */
export const PROOF_MS = 1_000;
/** The most bytes of a line of the handshake. */
export const MAX_HANDSHAKE = 1024 * 1024;

/** The first line, of the gateway. */
export interface Greeting {
  readonly nonce: string;
}

/** The second line, of the program that has connected. */
export interface Hello {
  readonly nonce: string;
  readonly proof: string;
  readonly ask: 'window' | 'status' | 'stop' | 'takeover' | 'console';
  readonly window?: { readonly profile: string; readonly config: ConfigIdentity; readonly pid: number };
}

/** The third line, of the gateway, sent at once. */
export interface Proof {
  readonly proof: string;
}

/** What a gateway tells of itself. Times in milliseconds since 1970. */
export interface GatewayFacts {
  readonly kind: 'serve' | 'background';
  readonly pid: number;
  readonly started: number;
  readonly windows: number;
  readonly calls: number;
  readonly plugins: number;
}

/** The last line of the handshake, of the gateway, once it is ready. `console`: the address of the console. */
export type Answer =
  | { readonly ok: true; readonly facts: GatewayFacts; readonly messageBytes: number; readonly warning?: string; readonly console?: string }
  /** `final`: another gateway would refuse it too. `again`: the file has changed meanwhile. */
  | { readonly ok: false; readonly reason: string; readonly final?: boolean; readonly again?: boolean };

/** A line of the gateway to a window during a session. */
export type GatewayNotice =
  | { readonly warning: string }
  /** The gateway ends; `moved`: another one takes its place. */
  | { readonly bye: 'moved' | 'stopped' };

/** A line of a window to the gateway: both ends of a line over the limit, in base64. */
export interface CutLine {
  readonly head: string;
  readonly tail: string;
}

/** A random value that the other side proves its key on. */
export function createNonce(): string {
  return randomBytes(16).toString('hex');
}

/** The proof that `who` knows the key of the state folder. */
export function proofOf(key: Buffer, who: 'gateway' | 'window', gatewayNonce: string, windowNonce: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([who, gatewayNonce, windowNonce]))
    .digest('hex');
}

/** Compares two proofs in constant time. */
export function isProof(proof: unknown, expected: string): boolean {
  return typeof proof === 'string' && proof.length === expected.length && timingSafeEqual(Buffer.from(proof), Buffer.from(expected));
}

/** One line of the handshake. */
export function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** One control line. */
export function toControl(value: object): string {
  return `${String.fromCharCode(CONTROL)}${JSON.stringify(value)}\n`;
}
