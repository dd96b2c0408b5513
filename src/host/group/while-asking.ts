const LOOKS = 4;

/**
 * An answer that a person gives, and the telling of a process meanwhile, that further calls of the plugin have waited for
 * `ms` and get their answer: it waits for a person. A process that serves several calls at a time has none waiting.
 */
export function whileAsking<T>(answer: Promise<T>, ms: number, tell: (ms: number) => void): Promise<T> {
  const timer = setInterval(() => tell(ms), ms / LOOKS).unref();
  return answer.finally(() => clearInterval(timer));
}
