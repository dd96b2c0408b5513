declare module '*/generate.mjs' {
  type Template = Readonly<Record<string, unknown>>;
  export const SEED: number;
  export function mutated(templates: readonly Template[], count: number, seed?: number): Generator<string>;
  export function fill(text: string, values: Readonly<Record<string, string | number>>): string;
}

declare module '*/real/run.mjs' {
  /** A line and when it is sent: with a reply, as a list, or while its sender starts. */
  export interface Message {
    readonly line: string;
    readonly phase: string;
  }
  /** The settings of a batch through real processes. */
  export interface RealBatch {
    readonly plugin?: object;
    readonly server?: 'stdio' | 'http' | 'sse' | 'ws';
    readonly files?: Readonly<Record<string, string>>;
    readonly tool: string;
    readonly messages: readonly Message[];
  }
  export function fuzzReal(batch: RealBatch): Promise<{
    readonly broken:
      | { readonly which: string; readonly what: string; readonly last?: Message; readonly log: readonly string[] }
      | undefined;
    readonly sent: number;
    readonly counts: Readonly<Record<string, number>>;
    readonly canary: { readonly calls: number; readonly p99: number } | undefined;
  }>;
}

declare module '*/real/senders.mjs' {
  export const NODE: Readonly<Record<string, string>>;
  export const PYTHON: Readonly<Record<string, string>>;
}

declare module '*/grpc-answers.mjs' {
  export const CALLS: readonly Readonly<Record<string, unknown>>[];
  export const STARTS: readonly Readonly<Record<string, unknown>>[];
}

declare module '*/grpc-server.mjs' {
  export function serveGrpc(path: string, lineFor: (method: string, request: Buffer) => string | undefined): { close(): void };
}

declare module '*/upstream-peer.mjs' {
  type Phase = 'during' | 'call' | 'prompt' | 'resource' | 'completion' | 'list' | 'start';
  export type Kind = 'stdio' | 'http' | 'sse' | 'ws';
  export class UpstreamPeer {
    readonly id: string;
    readonly modern: boolean;
    constructor(id: string, modern: boolean);
    load(phase: Phase, lines: readonly string[]): void;
    waiting(phase: Phase): number;
    announce(): void;
    breakOff(): void;
    connected(drop: () => void): () => void;
  }
  export function serveLines(peer: UpstreamPeer, write: (text: string) => void): (chunk: Buffer) => void;
  export function serveAt(peer: UpstreamPeer, kind: Exclude<Kind, 'stdio'>): Promise<{ readonly url: string; close(): void }>;
}

declare module '*/upstream-replies.mjs' {
  export const capabilities: object;
  export const serverInfo: object;
  export function good(method: string, modern: boolean): object | undefined;
}
