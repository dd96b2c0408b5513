// Unpacks one bundle: a damaged or hostile archive, or a large one, costs the gateway neither its memory nor its thread.
import { thrownText } from '../../../src/core/errors.ts';
import { unpack } from './unpack.ts';

const [, , file = '', target = ''] = process.argv;
try {
  await unpack(file, target);
} catch (error) {
  process.stdout.write(`${thrownText(error)}\n`);
  process.exitCode = 1;
}
