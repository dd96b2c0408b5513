/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'it was killed (by the system when memory ran out, or by hand)',
  SIGSEGV: 'it crashed in native code (invalid memory access)',
  SIGABRT: 'it aborted (often out of memory in the JavaScript heap, or a native assertion)',
  SIGBUS: 'it crashed in native code (bus error)',
  SIGILL: 'it crashed in native code (illegal instruction)',
  SIGTERM: 'it was asked to end from outside',
};

const MAX_WORDS = 5;
// Where in its code a program was says nothing to who starts it; the error above that does.
const STACK = /^\s+at |^\s*[~^]+\s*$|^Node\.js v\d/;

/** The line by which a Go program tells why it dies; where in its code it was follows at length. */
export const PANIC = /^(panic|fatal error): /;

/** Why a process ended, in words, with the last lines it wrote to stderr that say something. */
export function describeExit({ code, signal }: Exit, lastLines: readonly string[]): string {
  const how = signal === null ? `it exited with code ${code}` : (SIGNALS[signal] ?? `it was ended by ${signal}`);
  const telling = lastLines.filter((line) => !STACK.test(line));
  const panic = telling.findIndex((line) => PANIC.test(line));
  const words = panic < 0 ? telling.slice(-MAX_WORDS) : telling.slice(panic, panic + MAX_WORDS);
  return words.length === 0 ? how : `${how}; its last words: ${words.join(' | ')}`;
}

/** Why a program could not be started at all. */
export function describeSpawnError(command: string, error: NodeJS.ErrnoException): { message: string; fix: string } {
  switch (error.code) {
    case 'ENOENT':
      return {
        message: `the program ${command} was not found`,
        fix: 'Install it, or correct the path or working folder.',
      };
    case 'EACCES':
      return {
        message: `the program ${command} may not be executed`,
        fix: 'Give it execute permission (chmod +x).',
      };
    case 'EAGAIN':
    case 'EMFILE':
    case 'ENFILE':
      return {
        message: 'the system has no room for another process or file',
        fix: 'End other programs or raise the system limits (ulimit).',
      };
    default:
      return {
        message: `the program ${command} could not be started: ${error.message}`,
        fix: 'Check the path and the working folder.',
      };
  }
}
