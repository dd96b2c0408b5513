import type { Adapter } from '../src/core/contract/adapter.ts';
import { ethos } from './ethos/adapter.ts';
import { jaato } from './jaato/adapter.ts';
import { mcp } from './mcp/adapter.ts';
import { scaiwave } from './scaiwave/adapter.ts';
import { squadron } from './squadron/adapter.ts';
import { talos } from './talos/adapter.ts';

/** Every plugin format, in the order in which they are asked whether a folder is theirs. */
export const adapters: readonly Adapter[] = [talos, ethos, jaato, scaiwave, squadron, mcp];
