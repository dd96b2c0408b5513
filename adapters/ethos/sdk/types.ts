// Stand-in for "@ethosagent/types". Types are erased; these two values are not.

/** Pattern of a secret's name. */
export const SECRET_NAME_RE = /^[a-zA-Z0-9_-]+$/;

/** Whether a value is a valid secret name. */
export function isValidSecretName(name: unknown): boolean {
  return typeof name === 'string' && SECRET_NAME_RE.test(name);
}
