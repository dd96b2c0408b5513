const CHECKS = 4;

/**
 * Waits for the user's answer and reports regularly to the process that calls have waited for `ms`, so that it rejects
 * queued calls of the plugin meanwhile. A process that runs calls concurrently has none queued.
 */
export function whileAsking<T>(answer: Promise<T>, ms: number, notify: (ms: number) => void): Promise<T> {
  const timer = setInterval(() => notify(ms), ms / CHECKS).unref();
  return answer.finally(() => clearInterval(timer));
}
