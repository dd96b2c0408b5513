#!/usr/bin/env node
import { adapters } from '../adapters/index.ts';
import { runProgram } from './cli/program.ts';

await runProgram(process.argv, adapters);
