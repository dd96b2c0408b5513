import { thrownText } from '../core/errors.ts';
import { escapeForTerminal } from '../core/text/text.ts';
import { ownRedactor } from './redactor.ts';

/**
 * Exits after an uncaught error and prints it with secrets masked, which Node would not do. A closed stdout (EPIPE) is not an
 * error.
 */
export function endOnUncaught(): void {
  const end = (message: string): void => {
    process.stderr.write(`plugmux: ${escapeForTerminal(ownRedactor.text(message))}\n`);
    process.exit(1);
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    end(`Standard output cannot be written: ${thrownText(error)}.`);
  });
  // Unhandled rejections arrive here, too.
  process.on('uncaughtException', (error: unknown) => end(stackOf(error)));
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return typeof stack === 'string' ? stack : thrownText(error);
}
