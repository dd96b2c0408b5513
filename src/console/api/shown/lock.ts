import type { LockAdmin } from '../../../gateway/lock-admin.ts';
import type { ConsoleApp } from '../../parts.ts';

/** The lock file as operators change it, loaded with its first use. */
export async function lockOf({ pins, registry }: Pick<ConsoleApp, 'pins' | 'registry'>): Promise<LockAdmin> {
  const { createLockAdmin } = await import('../../../gateway/lock-admin.ts');
  return createLockAdmin(pins, registry);
}

/** How many parts differ from the lock file and were not accepted; 0 without one. */
export async function countChanges(app: Pick<ConsoleApp, 'pins' | 'registry'>): Promise<number> {
  if (!app.pins.rules()) return 0;
  return (await lockOf(app)).changes().filter(({ accepted }) => !accepted).length;
}
