/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'it was killed (by the system for lack of memory, or manually)',
  SIGSEGV: 'it crashed in native code (invalid memory access)',
  SIGABRT: 'it aborted (often out of memory in the JavaScript heap, or a native assertion)',
  SIGBUS: 'it crashed in native code (bus error)',
  SIGILL: 'it crashed in native code (illegal instruction)',
  SIGTERM: 'another process ended it (SIGTERM)',
};

const MAX_LINES = 5;
// Stack frames do not help the operator; the error message above them does.
const STACK = /^\s+at |^\s*[~^]+\s*$|^Node\.js v\d/;

/** The line with which a Go program reports a panic, followed by a long stack trace. */
export const PANIC = /^(panic|fatal error): /;

/** Why a process ended, with its last relevant lines of stderr. */
export function describeExit({ code, signal }: Exit, lastLines: readonly string[]): string {
  const how = signal === null ? `it exited with code ${code}` : (SIGNALS[signal] ?? `it was ended by ${signal}`);
  const relevant = lastLines.filter((line) => !STACK.test(line));
  const panic = relevant.findIndex((line) => PANIC.test(line));
  const shown = panic < 0 ? relevant.slice(-MAX_LINES) : relevant.slice(panic, panic + MAX_LINES);
  return shown.length === 0 ? how : `${how}; its last output: ${shown.join(' | ')}`;
}

/** Why a program could not be started, and what to do. */
export function describeSpawnError(command: string, error: NodeJS.ErrnoException): { message: string; fix: string } {
  switch (error.code) {
    case 'ENOENT':
      return {
        message: `the program "${command}" was not found`,
        fix: 'Install it, or correct the path or working folder.',
      };
    case 'EACCES':
      return {
        message: `the program "${command}" is not executable`,
        fix: 'Give it execute permission (chmod +x).',
      };
    case 'EAGAIN':
    case 'EMFILE':
    case 'ENFILE':
      return {
        message: 'the system limit of processes or open files is reached',
        fix: 'End other programs or raise the system limits (ulimit).',
      };
    default:
      return {
        message: `the program "${command}" could not be started: ${error.message}`,
        fix: 'Check the path and the working folder.',
      };
  }
}
