/** How often a login is looked at while its request waits: a reload or another process may have ended it. */
const LOOK_MS = 500;

/**
 * Settles like `pending`, but rejects with what `check` throws as soon as the login of the request has ended. What was begun goes
 * on: only its answer is withheld.
 */
export function whileAllowed<T>(pending: Promise<T>, check: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const looking = setInterval(() => {
      try {
        check();
      } catch (error) {
        clearInterval(looking);
        reject(error);
      }
    }, LOOK_MS).unref();
    pending.then(resolve, reject).finally(() => clearInterval(looking));
  });
}
