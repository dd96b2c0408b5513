import { thrownText } from '../core/errors.ts';
import { escapeForTerminal } from '../core/text/text.ts';
import { ownRedactor } from './redactor.ts';

/**
 * Ends this program after an error that nobody caught, and says what happened without secrets: Node would print the message as
 * it is. A reader that wants no more of the output is no error.
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
  // A rejection that nobody handles comes here as well.
  process.on('uncaughtException', (error: unknown) => end(stackOf(error)));
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return typeof stack === 'string' ? stack : thrownText(error);
}
