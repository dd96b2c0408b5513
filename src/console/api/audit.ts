import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { listDayFiles, readLines } from '../../gateway/audit/audit-files.ts';
import { createAuditVerifier } from '../../gateway/audit/audit-verify.ts';
import { createStore } from '../../store/store.ts';
import { type ConsoleRoute, route } from './route.ts';

/** Lines between two turns of the event loop, so that calls are served meanwhile. */
const LINES_A_TURN = 2_000;

/** Checks the audit log as `plugmux audit verify` does. */
export const auditRoutes: readonly ConsoleRoute[] = [
  route('post', '/audit/verify', {
    scope: 'admin',
    body: z.strictObject({ day: z.iso.date().optional() }),
    audit: ({ body: { day } }) => ({ action: 'audit-verify', ...(day === undefined ? {} : { day }) }),
    async handle({ app }, { body: { day }, signal }) {
      const { state } = app.config();
      const dir = join(state, 'audit');
      // Read before the files, so that a gateway that writes meanwhile is ahead of the stored ends.
      const store = createStore(state);
      const heads = store.auditHeads.all();
      store.close();
      const expected = day === undefined ? heads : new Map([...heads].filter(([, { file }]) => file === `${day}.jsonl`));
      const verifier = createAuditVerifier(expected, day !== undefined);
      for (const name of listDayFiles(dir).filter((file) => day === undefined || file === `${day}.jsonl`)) {
        let number = 0;
        for (const line of readLines(dir, name)) {
          verifier.line(name, ++number, line);
          if (number % LINES_A_TURN === 0) await nextTurn();
          if (signal.aborted) return undefined;
        }
      }
      const { runs, lines, faults, notes, files } = verifier.report();
      return { ok: faults.length === 0, files, runs, lines, faults: faults.slice(0, 100), notes: notes.slice(0, 100) };
    },
  }),
];
