import { isValidSecretName } from '../../sdk/types.ts';

/** A plugin's secrets, loaded at start. Changes are stored by the gateway. */
export class Secrets {
  readonly #values: Map<string, string>;
  readonly #keep: (key: string, value: string) => Promise<unknown>;
  readonly #listeners: ((key: string) => unknown)[] = [];

  constructor(values: Readonly<Record<string, string>>, keep: (key: string, value: string) => Promise<unknown>) {
    this.#values = new Map(Object.entries(values));
    this.#keep = keep;
  }

  has(key: string): boolean {
    return (this.#values.get(checked(key)) ?? '') !== '';
  }

  async get(key: string): Promise<string | null> {
    return this.#values.get(checked(key)) ?? null;
  }

  async set(key: string, value: string): Promise<void> {
    if (typeof value !== 'string') throw new Error(`The value of the secret "${checked(key)}" is not a string.`);
    await this.#keep(checked(key), value);
    this.#values.set(key, value);
    await this.notify(key);
  }

  /** Notifies the plugin's listeners of a changed secret, in order. */
  async notify(key: string): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(key);
  }

  onUpdate(listener: (key: string) => unknown): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  clear(): void {
    this.#listeners.length = 0;
  }
}

function checked(key: unknown): string {
  if (!isValidSecretName(key)) throw new Error(`"${String(key)}" is not a valid secret name: use letters, digits, "_" and "-".`);
  return key as string;
}
