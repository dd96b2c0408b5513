import { fill, mutated, SEED } from './generate.mjs';

/** Any message as JSON data; texts of the form `$NAME` are filled in when it is sent. */
export type Template = Readonly<Record<string, unknown>>;

// Plain JavaScript behind it: the torture run sends the same, and runs without a compiler.
export { fill, mutated, SEED };

/** How many messages of each kind are sent to the readers in this process. */
export const MESSAGES = Number(process.env.PLUGMUX_FUZZ_MESSAGES ?? 20_000);
