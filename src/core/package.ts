import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** The version of this package. */
export const VERSION: string = (require('#package') as { version: string }).version;

/** The folder of this package. */
export const PACKAGE_ROOT: string = dirname(require.resolve('#package'));
