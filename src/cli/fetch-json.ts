import type { JsonValue } from '../core/json/json.ts';
import { parseJson } from '../core/json/json-scan.ts';
import type { ProxySetting } from '../core/proxy.ts';

/** The issuer is asked while a request waits. */
const MAX_MS = 5_000;
const MAX_BYTES = 512 * 1024;
const CAPS = { depth: 32, keys: 20_000, items: 10_000 };

/**
 * Creates a fetch for documents of authorization servers: through the proxy of the configuration, without redirects, 5 s and 512 KiB at
 * most. Rejects with what went wrong.
 */
export function createFetchJson(proxy: () => ProxySetting): (url: string) => Promise<JsonValue> {
  return async (address) => {
    const url = new URL(address);
    const [{ fetch }, { createAgent }, { createRoute }] = await Promise.all([
      import('undici'),
      import('../host/network/agent.ts'),
      import('../host/network/proxy.ts'),
    ]);
    const dispatcher = await createAgent(createRoute({ top: proxy() }), { connectMs: MAX_MS });
    try {
      const signal = AbortSignal.timeout(MAX_MS);
      const response = await fetch(url, { dispatcher, redirect: 'manual', signal, headers: { accept: 'application/json' } });
      if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of response.body ?? []) {
        size += chunk.length;
        if (size > MAX_BYTES) throw new Error(`the document is larger than ${MAX_BYTES / 1024} KiB`);
        chunks.push(chunk);
      }
      return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)), CAPS);
    } catch (error) {
      const { message, name, cause } = error as Error;
      if (name === 'TimeoutError') throw new Error(`no answer within ${MAX_MS / 1000} s`);
      throw new Error(cause instanceof Error && cause.message !== '' ? cause.message : message);
    } finally {
      void dispatcher.destroy();
    }
  };
}
