import { expect, it } from 'vitest';
import { mcp } from '../../../dist/adapters/mcp/adapter.js';
import { BY, openApp, textOf } from '../../support/app.ts';
import { serve, writeConfig } from '../../support/gateway.ts';
import { until } from '../../support/processes.ts';

it.each(['http', 'sse', 'ws'] as const)(
  'a call to a server over %s that is cut says so',
  { tags: ['plugin-stopped'], timeout: 30_000 },
  async (kind) => {
    const behind = await serve(writeConfig({}, ['plain']));
    for (const era of ['legacy', undefined]) {
      const file = { mcpServers: { back: { ...behind.at(kind), type: kind, era } }, limits: { drainMs: 100 } };
      const app = await openApp([mcp], file);
      await app.instance.registry.start();
      await until('it has listed', () => app.instance.registry.catalogue().tools.has('wait'));
      for (const cut of [() => app.instance.admin.restart('back', BY), () => app.instance.admin.setEnabled('back', false, BY)]) {
        const pending = app.call('wait', { ms: 60_000 });
        await new Promise((resolve) => setTimeout(resolve, 200));
        await cut();
        const result = await pending;
        expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'PLUGIN_STOPPED', outcome: 'SENT_NO_REPLY', plugin: 'back' });
        expect(textOf(result)).toContain('The gateway closed the connection to the server while the call was in flight');
      }
    }
  },
);
