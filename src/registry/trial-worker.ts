import { parentPort } from 'node:worker_threads';
import type { JsonObject } from '../core/json.ts';
import { createValidatorSet } from './validators.ts';
import type { Dialect } from './vet.ts';

// Compiles one schema at a time, so that a schema that takes for ever takes it here.
const warm = createValidatorSet();
for (const dialect of ['draft-07', '2020-12'] as const) warm.compile({ type: 'object' }, dialect);
parentPort?.on('message', ({ schema, dialect }: { schema: JsonObject; dialect: Dialect }) => {
  createValidatorSet().compile(schema, dialect);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
