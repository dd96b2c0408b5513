declare module '*/generate.mjs' {
  type Template = Readonly<Record<string, unknown>>;
  export const SEED: number;
  export function mutated(templates: readonly Template[], count: number, seed?: number): Generator<string>;
  export function fill(text: string, values: Readonly<Record<string, string | number>>): string;
}

declare module '*/real/run.mjs' {
  /** What a batch through real processes is made of. */
  export interface RealBatch {
    readonly plugins?: Readonly<Record<string, object>>;
    readonly servers?: Readonly<Record<string, object>>;
    readonly files?: Readonly<Record<string, string>>;
    readonly tool: string;
    readonly lines: readonly string[];
    readonly groups?: number;
  }
  export function fuzzReal(batch: RealBatch): Promise<{
    readonly broken: { readonly which: string; readonly what: string; readonly last?: string; readonly log: readonly string[] } | undefined;
    readonly counts: Readonly<Record<string, number>>;
    readonly canary: { readonly calls: number; readonly p99: number } | undefined;
  }>;
}
