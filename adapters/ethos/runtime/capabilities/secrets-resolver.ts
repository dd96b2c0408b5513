/** Resolves secret references for a tool that declared them; `x/*` declares all below `x`. */
export function createSecretsResolver(declared: readonly string[], references: Readonly<Record<string, string>>): object {
  const rules = declared.map((ref) => ref.split('/'));
  const isDeclared = (ref: string): boolean => {
    const parts = ref.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) return false;
    return rules.some((rule) =>
      rule.at(-1) === '*' ? parts.length >= rule.length && rule.slice(0, -1).every((part, i) => part === parts[i]) : rule.join('/') === ref,
    );
  };
  return {
    async get(ref: unknown): Promise<string> {
      // The reference is not in the message: it could reveal another plugin's secrets.
      if (typeof ref !== 'string' || !isDeclared(ref)) throw new Error('SECRET_NOT_DECLARED: the tool did not declare this secret.');
      const value = Object.hasOwn(references, ref) ? references[ref] : undefined;
      if (value === undefined) throw new Error('SECRET_NOT_SET: the secret has no value; set it under "credentials" in mcp.json.');
      return value;
    },
  };
}
