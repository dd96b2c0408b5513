// Stands in for "@ethosagent/types": types are erased, these two are not.

/** What the name of a secret looks like. */
export const SECRET_NAME_RE = /^[a-zA-Z0-9_-]+$/;

/** Whether a text can name a secret. */
export function isValidSecretName(name: unknown): boolean {
  return typeof name === 'string' && SECRET_NAME_RE.test(name);
}
