import type { ConsoleParts } from '../../parts.ts';
import type { TopicSource } from '../topics.ts';
import { createApprovalSource } from './approval-source.ts';
import { createCallSource, createTallySource } from './call-sources.ts';
import { createLogSource } from './log-source.ts';
import { createStateSource } from './state-source.ts';

/** What the pages can be told. Nothing is computed while no page wants a topic. */
export function createSources(parts: ConsoleParts, started: number, revision: () => string): readonly TopicSource[] {
  const { app } = parts;
  return [
    createStateSource(app, started, revision),
    createCallSource(app),
    createTallySource(app),
    createLogSource(app),
    createApprovalSource(app),
  ];
}
