import type { Adapter } from '../../core/contract/adapter.ts';

/** Whether an entry can name the adapter by this format. */
export function reads({ kind, formats = [kind] }: Adapter, format: string | undefined): boolean {
  return format === undefined || formats.includes(format);
}
