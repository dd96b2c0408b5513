import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, serve, writeConfig } from '../support/gateway.ts';
import { describeWithPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

const ADMIN = 'a-token-for-administrators';

const TEXT = `import os
from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginManifest, PluginPermission, ToolDefinition

PLUGIN_ID = "acme.notes"


class Notes(BasePlugin):
    @property
    def manifest(self):
        return PluginManifest(
            id=PLUGIN_ID, name="Notes", version="1.2.0", description="Keeps notes", scope="tenant", injects_context=True,
            permissions=[PluginPermission.SEARCH],
            tools=[ToolDefinition(name="add", description="Adds one", parameters={}, usage="[/add <text>]", side_effects=True)],
        )

    async def get_dynamic_tools(self, ctx):
        return [{"name": "recall", "description": "Recalls one"}]

    async def on_install(self, ctx):
        if os.path.exists("broken"):
            raise RuntimeError("no disk")

    async def execute_tool(self, tool_name, args, ctx):
        return tool_name


class Other(BasePlugin):
    manifest = PluginManifest("acme.other", "Other", "1.0.0", "", [ToolDefinition("other", "", {})])

    async def execute_tool(self, tool_name, args, ctx):
        return tool_name
`;

describeWithPython('ScaiWave plugins at the administrators’ addresses', () => {
  it('use the ids of their manifests, and are enabled once their hooks have run', async () => {
    const dir = tempFolder();
    writeFileSync(join(dir, 'plugin.py'), TEXT);
    const auth = { tokens: [{ token: ADMIN, principal: 'admin', scopes: ['admin'] }] };
    const config = writeConfig({ plugins: { it: { path: join(dir, 'plugin.py'), cwd: dir, grant: ['search'] } }, auth }, [], dir);
    const gateway = await serve(config, { bin: BIN });
    const ask = async (method: string, path: string) => {
      const response = await fetch(new URL(path, gateway.url), { method, headers: { Authorization: `Bearer ${ADMIN}` } });
      return { status: response.status, ...((await response.json()) as { data?: never; error?: { code: string; message: string } }) };
    };
    const change = (id: string, action: string) => ask('POST', `/v1/admin/plugins/${id}/${action}`);
    await expect
      .poll(async () => (await ask('GET', '/v1/admin/plugins')).data)
      .toMatchObject([
        {
          id: 'acme.notes',
          name: 'Notes',
          version: '1.2.0',
          description: 'Keeps notes',
          enabled: true,
          state: 'ready',
          error: null,
          scope: 'tenant',
          injects_context: true,
          permissions: ['search'],
          granted: ['search'],
          tools: [
            { name: 'add', usage: '[/add <text>]', side_effects: true, permissions_required: ['search'], dynamic: false },
            { name: 'recall', usage: null, side_effects: false, dynamic: true },
          ],
        },
        { id: 'acme.other', state: 'ready' },
      ]);
    const [notes] = (await ask('GET', '/v1/admin/plugins')).data as unknown as object[];
    // Clients of ScaiWave's server read this text, so its members and their order stay.
    expect(JSON.stringify(notes)).toBe(
      '{"id":"acme.notes","name":"Notes","version":"1.2.0","description":"Keeps notes","format":"scaiwave","enabled":true,"state":"ready",' +
        '"error":null,"scope":"tenant","injects_context":true,"permissions":["search"],"granted":["search"],"tools":[' +
        '{"name":"add","description":"Adds one\\nUsage: [/add <text>]","usage":"[/add <text>]","side_effects":true,"permissions_required":["search"],"dynamic":false},' +
        '{"name":"recall","description":"Recalls one","usage":null,"side_effects":false,"permissions_required":["search"],"dynamic":true}]}',
    );

    expect(await change('acme.notes', 'disable')).toMatchObject({
      status: 200,
      data: { id: 'acme.notes', enabled: false, state: 'disabled' },
    });
    // The process is being restarted without it meanwhile; the response still waits for its hook.
    expect(await change('acme.notes', 'enable')).toMatchObject({ status: 200, data: { enabled: true, state: 'ready' } });
    writeFileSync(join(dir, 'broken'), '');
    await change('acme.notes', 'disable');
    const refused = await change('acme.notes', 'enable');
    expect(refused).toMatchObject({ status: 409, error: { code: 'SW_PLUGIN_INSTALL_FAILED' } });
    expect(refused.error?.message).toContain('no disk');
    expect(await ask('GET', '/v1/plugins')).toMatchObject({
      data: [
        { id: 'acme.notes', state: 'failed' },
        { id: 'acme.other', state: 'ready' },
      ],
    });
  });
});
