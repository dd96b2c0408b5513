import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, createApp } from '../../../src/app.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import type { ToolResult } from '../../../src/core/contract/content.ts';
import { emptyOffer, type Offer } from '../../../src/core/contract/plugin.ts';
import type { CallContext, Tool } from '../../../src/core/contract/tool.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';

/** One call that the plugin holds until the test ends it. */
export interface Held {
  readonly token: string;
  readonly ctx: CallContext;
  settle(result: ToolResult): void;
  fail(error: Error): void;
}

/** A plugin that holds every call: the test decides when and how it ends. */
export class Puppet {
  readonly held = new Map<string, Held>();

  readonly #tool: Tool = {
    name: 'hold',
    description: 'Answers on request of the test',
    input: { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] },
    approval: 'auto',
    call: (args, ctx) =>
      new Promise((settle, fail) => {
        const token = String(args.token);
        this.held.set(token, { token, ctx, settle, fail });
      }),
  };

  readonly adapter: Adapter = {
    kind: 'puppet',
    options: {},
    paths: [],
    read: async ({ path }) => [{ id: 'puppet', version: '1', adapter: 'puppet', origin: path, watch: [], digest: 'x' }],
    open: async (manifest) => {
      const offer: Offer = { ...emptyOffer, tools: [this.#tool] };
      return {
        manifest,
        offer: () => offer,
        state: () => 'ready',
        start: async () => undefined,
        onChange: () => undefined,
        close: async () => undefined,
      };
    },
  };

  /** Answers a held call with its own token. */
  answer(token: string): void {
    this.held.get(token)?.settle({ content: [{ type: 'text', text: token }] });
  }

  /** The process behind the plugin dies: every call in it fails. */
  crash(): void {
    for (const { fail } of this.held.values()) fail(new GatewayError('PLUGIN_CRASHED', 'The plugin process ended.'));
  }
}

/** The app with a puppet plugin, without transports. */
export async function openApp(dir: string): Promise<{ app: App; puppet: Puppet }> {
  const puppet = new Puppet();
  mkdirSync(join(dir, 'puppet'));
  const file = join(dir, 'mcp.json');
  const limits = { callsPerClient: 10_000, callsPerPlugin: 10_000, calls: 10_000 };
  writeFileSync(file, JSON.stringify({ plugins: { puppet: { path: './puppet' } }, limits }));
  const adapters = [puppet.adapter];
  const app = await createApp({ config: loadConfig(file, adapters, {}), adapters, redactor: createRedactor(), log: silentLog });
  await app.gateway.whenListed();
  return { app, puppet };
}
