import type { Command } from 'commander';
import type { Adapter } from '../../core/contract/adapter.ts';
import { openCommandContext } from '../command-context.ts';
import { addApprovals } from './approvals.ts';
import { addBackground } from './background.ts';
import { addCall } from './call.ts';
import { addCommand } from './command.ts';
import { addConsole } from './console.ts';
import { addDiscover } from './discover.ts';
import { addDoctor } from './doctor.ts';
import { addEnable } from './enable.ts';
import { addExport } from './export.ts';
import { addImport } from './import.ts';
import { addInfo } from './info.ts';
import { addInit } from './init.ts';
import { addLimits } from './limits.ts';
import { addList } from './list.ts';
import { addSchema } from './schema.ts';
import { addSettings } from './settings.ts';
import { addAudit } from './state/audit.ts';
import { addLock } from './state/lock.ts';
import { addStore } from './state/store.ts';
import { addStatus } from './status.ts';

/** Adds every command that starts no gateway, those of the adapters included. */
export async function addCommands(program: Command, adapters: readonly Adapter[]): Promise<void> {
  addList(program, adapters);
  addInfo(program, adapters);
  addCall(program, adapters);
  addApprovals(program, adapters);
  addCommand(program, adapters);
  addConsole(program, adapters);
  addDiscover(program, adapters);
  addDoctor(program, adapters);
  addEnable(program, adapters);
  addExport(program, adapters);
  addLimits(program, adapters);
  addLock(program, adapters);
  addImport(program, adapters);
  addInit(program);
  addSchema(program, adapters);
  addSettings(program, adapters);
  addStore(program, adapters);
  addAudit(program, adapters);
  addStatus(program);
  addBackground(program, adapters);
  for (const adapter of adapters) await adapter.commands?.(program, openCommandContext(adapter));
}
