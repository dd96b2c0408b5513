import type { Adapter } from '../src/core/contract/adapter.ts';
import { ethos } from './ethos/adapter.ts';
import { folders } from './folders/adapter.ts';
import { grpc } from './grpc/adapter.ts';
import { jaato } from './jaato/adapter.ts';
import { mcp } from './mcp/adapter.ts';
import { mcpb } from './mcpb/adapter.ts';
import { scaiwave } from './scaiwave/adapter.ts';
import { skills } from './skills/adapter.ts';
import { squadron } from './squadron/adapter.ts';
import { talos } from './talos/adapter.ts';

/** All adapters, in the order in which they try to recognize a folder. */
export const adapters: readonly Adapter[] = [talos, ethos, jaato, scaiwave, squadron, folders, mcpb, grpc, skills, mcp];
