import { isValidSecretName } from '../../sdk/types.ts';

/** A plugin's own secrets: known when it starts, kept by the gateway when it changes one. */
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
    if (typeof value !== 'string') throw new Error(`The value of the secret "${checked(key)}" is no text.`);
    await this.#keep(checked(key), value);
    this.#values.set(key, value);
    await this.tell(key);
  }

  /** Tells the plugin that a secret has another value, one listener after the other. */
  async tell(key: string): Promise<void> {
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
  if (!isValidSecretName(key)) throw new Error(`"${String(key)}" cannot name a secret: letters, digits, "_" and "-" alone.`);
  return key as string;
}
