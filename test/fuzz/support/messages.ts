import { fill, mutated, SEED } from './generate.mjs';

/** Any message as JSON data; placeholders of the form `$NAME` are filled in when it is sent. */
export type Template = Readonly<Record<string, unknown>>;

// Implemented in plain JavaScript: the torture run sends the same messages, and runs without a compiler.
export { fill, mutated, SEED };

/** Number of messages of each kind for the readers in this process. */
export const MESSAGES = Number(process.env.PLUGMUX_FUZZ_MESSAGES ?? 20_000);
