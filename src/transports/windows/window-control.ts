import { isJsonObject } from '../../core/json/json.ts';
import { CONTROL } from '../../core/window/handshake.ts';

/** Takes the lines of a window that are not of its client: both ends of a line that was too long to pass on. */
export function readControl(line: Buffer, receiveCut: (head: Buffer, tail: Buffer) => void): boolean {
  if (line[0] !== CONTROL) return false;
  try {
    const value: unknown = JSON.parse(line.subarray(1).toString());
    if (isJsonObject(value) && typeof value.head === 'string' && typeof value.tail === 'string')
      receiveCut(Buffer.from(value.head, 'base64'), Buffer.from(value.tail, 'base64'));
  } catch {
    // Only a window of another build could send it.
  }
  return true;
}
