import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostLimits } from '../../core/contract/host.ts';
import type { ToolEnd, ToolSpec } from '../../core/contract/process.ts';
import type { Logger } from '../../core/log.ts';
import type { OrphanReaper } from './orphan-reaper.ts';
import { makePrivateFolder, removeFolder } from './private-folder.ts';
import { SupervisedProcess } from './supervised.ts';

const FLUSH_MS = 500;

/** Runs a tool to its end, then kills its child processes and deletes its temporary folder. */
export async function runTool(spec: ToolSpec, limits: HostLimits, reaper: OrphanReaper, log: Logger): Promise<ToolEnd> {
  const { command, args, cwd, signal, onLine } = spec;
  const dir = makePrivateFolder();
  const env = { ...spec.env, TMPDIR: dir, TMP: dir, TEMP: dir, GOTMPDIR: dir };
  const readLine = (line: string): null => {
    onLine(line);
    return null;
  };
  const tool = new SupervisedProcess({ command, args, cwd, env, log }, ['ignore', 'pipe', 'pipe'], limits, reaper, { dir, readLine });
  const stdout = tool.stream(1);
  tool.output.drain(stdout, 'stdout');
  const silent = once(stdout, 'close').catch(() => undefined);
  const kill = (): void => tool.kill('it was stopped');
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  try {
    const why = await tool.exited;
    await Promise.race([silent, sleep(FLUSH_MS, undefined, { ref: false })]);
    const { end } = tool;
    if (end instanceof Error) return { code: undefined, missing: end.code === 'ENOENT', why };
    return { code: end?.code ?? undefined, missing: false, why };
  } finally {
    signal.removeEventListener('abort', kill);
    removeFolder(dir);
  }
}
