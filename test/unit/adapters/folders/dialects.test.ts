import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandName } from '../../../../adapters/folders/dialects/gemini.ts';
import { promptText, readFolder } from '../../../support/read-folder.ts';
import { tempFolder } from '../../../support/temp.ts';

const GEMINI = { name: 'ext', version: '1.0.0' };
const gemini = (files: Readonly<Record<string, string | object>>, options = {}) =>
  readFolder({ 'gemini-extension.json': GEMINI, ...files }, options);

describe('Cursor plugins', { tags: ['foreign-plugins'] }, () => {
  it('declare settings as a schema, and refer to editors, settings and the environment', async () => {
    const { servers, manifest, dir, problems } = await readFolder(
      {
        '.cursor-plugin/plugin.json': {
          name: 'cur',
          displayName: 'Cur',
          odd: 1,
          variables: {
            type: 'object',
            properties: { REGION: { type: 'string', default: 'eu' }, API_TOKEN: { type: 'string' } },
            required: ['REGION', 'API_TOKEN'],
          },
          mcpServers: [
            {
              one: {
                command: 'a',
                args: ['${workspaceFolder}', '${userHome}', '${REGION}', '${env:FOLDER_TEST_X:-d}'],
                env: { T: '${API_TOKEN}' },
              },
            },
            './more.json',
          ],
        },
        'more.json': { mcpServers: { two: { url: 'https://example.com' } } },
        'mcp.json': { unused: { command: 'z' } },
      },
      { entry: { credentials: { API_TOKEN: 'token-1' } } },
    );
    expect(Object.keys(servers)).toEqual(['one', 'two']);
    expect(servers.one?.server).toMatchObject({ args: [join(dir, '../project'), homedir(), 'eu', 'd'], env: { T: 'token-1' }, cwd: dir });
    expect(manifest).toMatchObject({ id: 'cur', title: 'Cur', adapter: 'cursor', settings: { required: ['API_TOKEN'] } });
    expect(problems).toEqual([expect.stringContaining('the key "odd" is unknown')]);
  });

  it('have rules as resources, and servers in mcp.json', async () => {
    const { servers, offer } = await readFolder({
      '.cursor-plugin/plugin.json': { name: 'cur' },
      'mcp.json': { mcpServers: { one: { command: 'a' } } },
      'rules/style.mdc': '---\ndescription: Our style\nglobs: "*.ts"\n---\nBe brief.',
    });
    expect(Object.keys(servers)).toEqual(['one']);
    const [rule] = (await offer()).resources;
    expect(rule).toMatchObject({ uri: 'plugin://cur/rules/style', description: 'Our style' });
    expect(await rule?.read({} as never)).toEqual([expect.objectContaining({ text: expect.stringContaining('Be brief.') })]);
  });
});

describe('Codex plugins', { tags: ['foreign-plugins'] }, () => {
  it('name variables of the environment in keys of their own', async () => {
    const { servers, problems, offer } = await readFolder(
      {
        '.codex-plugin/plugin.json': {
          name: 'cod',
          mcpServers: './.mcp.json',
          apps: './.app.json',
          interface: { displayName: 'Cod', defaultPrompt: ['Start here', 'Or there'] },
        },
        '.mcp.json': {
          mcpServers: {
            remote: {
              type: 'http',
              url: 'https://example.com',
              bearer_token_env_var: 'FOLDER_TEST_T',
              env_http_headers: { 'X-B': 'FOLDER_TEST_U' },
              http_headers: { 'X-A': 'fixed' },
            },
            local: { command: './run', env_vars: ['FOLDER_TEST_T'] },
          },
        },
      },
      { entry: { credentials: { FOLDER_TEST_T: 't-value' } } },
    );
    expect(servers.remote?.server?.headers).toEqual({ 'X-A': 'fixed', 'X-B': '${FOLDER_TEST_U}', Authorization: 'Bearer t-value' });
    expect(servers.remote?.needs).toEqual([{ setting: 'FOLDER_TEST_U', at: ['headers', 'X-B'] }]);
    expect(servers.local?.server?.env).toMatchObject({ FOLDER_TEST_T: 't-value' });
    expect(problems).toContainEqual(expect.stringContaining('"apps" name servers that are registered at OpenAI'));
    expect((await offer()).prompts.map(({ name, description }) => [name, description])).toEqual([
      ['cod_starter_1', 'Start here'],
      ['cod_starter_2', 'Or there'],
    ]);
  });
});

describe('Gemini extensions', { tags: ['foreign-plugins'] }, () => {
  it.each([
    ['no name', { version: '1' }],
    ['a name with a dot', { name: 'a.b', version: '1' }],
    ['no version', { name: 'a' }],
    ['a context file outside', { ...GEMINI, contextFileName: '../GEMINI.md' }],
  ])('are refused with %s, as their own host does', async (_, manifest) => {
    await expect(readFolder({ 'gemini-extension.json': manifest })).rejects.toThrow(/^gemini-extension\.json:\d+:\d+: /);
  });

  it('fill in places, settings and the environment, and pass settings on', async () => {
    const { servers, manifest, dir } = await gemini(
      {
        'gemini-extension.json': {
          ...GEMINI,
          mcpServers: {
            one: {
              command: 'node',
              args: ['${extensionPath}${/}run.js', '${workspacePath}', '$FOLDER_TEST_Y', '${FOLDER_TEST_Z:-d}', '$5'],
              cwd: '${extensionPath}',
            },
            two: { httpUrl: 'https://example.com', headers: { Authorization: 'Bearer $MY_PAT' } },
          },
          settings: [
            { name: 'PAT', description: 'x', envVar: 'MY_PAT' },
            { name: 'Place', description: 'x', envVar: 'MY_PLACE' },
            { name: 'bad', envVar: 'not a name' },
          ],
        },
      },
      { entry: { settings: { MY_PLACE: 'here', FOLDER_TEST_Y: 'y' } } },
    );
    expect(servers.one?.server).toMatchObject({
      args: [`${dir}${sep}run.js`, join(dir, '../project'), 'y', 'd', '$5'],
      cwd: dir,
      env: { MY_PLACE: 'here' },
    });
    expect(servers.one?.needs).toBeUndefined();
    expect(servers.two?.needs).toEqual([{ setting: 'MY_PAT', at: ['headers', 'Authorization'] }]);
    expect(manifest.settings).toMatchObject({
      properties: { MY_PAT: { title: 'PAT', writeOnly: true }, MY_PLACE: { title: 'Place' } },
      required: ['MY_PAT'],
    });
  });

  it('keep their own choice of tools, which policies only tighten', async () => {
    const { servers, problems } = await gemini({
      'gemini-extension.json': {
        ...GEMINI,
        excludeTools: ['run_shell_command'],
        mcpServers: { one: { command: 'a', includeTools: ['x', 'y'], excludeTools: ['y'], trust: true }, two: { command: 'b' } },
      },
      'policies/p.toml': [
        '[[rule]]\nmcpName = "one"\ntoolName = "drop_*"\ndecision = "deny"',
        '[[rule]]\nmcpName = "one"\ntoolName = ["send", "post"]\ndecision = "ask_user"\npriority = 5',
        '[[rule]]\nmcpName = "two"\ntoolName = "all"\ndecision = "allow"',
        '[[rule]]\nmcpName = "two"\ntoolName = "some"\ndecision = "deny"\nargsPattern = "x"',
        '[[rule]]\ntoolName = "run_shell_command"\ndecision = "deny"',
      ].join('\n'),
      'policies/bad.toml': '[[rule',
    });
    expect(servers.one?.server).toMatchObject({ includeTools: ['x', 'y'], excludeTools: ['y', 'drop_*'], askTools: ['send', 'post'] });
    expect(servers.one?.server).not.toHaveProperty('trust');
    expect(servers.two?.server).toMatchObject({ askTools: ['some'] });
    expect(servers.two?.server).not.toHaveProperty('excludeTools');
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining('a rule with the decision "allow" is ignored'),
        expect.stringContaining('policies/bad.toml: the policy is not read'),
        expect.stringContaining('"excludeTools" names tools of the Gemini CLI itself'),
      ]),
    );
  });

  it('have context files as instructions and commands as prompts', async () => {
    const plugin = await gemini({
      'GEMINI.md': 'Use the tools well.',
      'docs/a.md': 'included',
      'commands/gcs/sync all.toml': 'description = "Syncs"\nprompt = "Sync {{args}} and {{args}}. @{docs/a.md} @{../x} @{{{args}}}"',
      'commands/plain.toml': 'prompt = "Plain"',
      'commands/shell.toml': 'prompt = """\nRun !{rm {{args}}}\n"""',
      'commands/none.toml': 'description = "no prompt"',
    });
    const { prompts, instructions, problems } = await plugin.offer();
    expect(prompts.map(({ name }) => name)).toEqual(['ext_gcs:sync_all', 'ext_plain', 'ext_shell']);
    expect(instructions).toBe('From GEMINI.md:\n\nUse the tools well.');
    const sync = await plugin.prompt('ext_gcs:sync_all', { args: '{{args}} docs/a.md' });
    const text = promptText(sync);
    expect(text).toMatch(/^Sync \{\{args\}\} docs\/a\.md and \{\{args\}\} docs\/a\.md\. @\{docs\/a\.md\} @\{\.\.\/x\}/);
    expect(text).toContain('"../x" is outside of the plugin');
    expect(sync.messages).toHaveLength(2);
    expect(promptText(await plugin.prompt('ext_plain', { args: 'it' }))).toBe('Plain\n\n/plain it');
    expect(promptText(await plugin.prompt('ext_plain'))).toBe('Plain');
    expect(promptText(await plugin.prompt('ext_shell', { args: 'x' }))).toContain('!{rm x}');
    expect(problems.map(({ message, subject }) => `${subject} ${message}`)).toEqual([
      expect.stringContaining('the command is left out: "prompt" is not a text.'),
      expect.stringMatching(/^commands\/shell\.toml:2:5 The command runs shell text/),
    ]);
  });

  it('name commands as their own host does', () => {
    expect(commandName('gcs/sync')).toBe('gcs:sync');
    expect(commandName('a b/ü.x')).toBe('a_b:_.x');
    expect(commandName('n'.repeat(51))).toBe(`${'n'.repeat(47)}...`);
  });

  it('may be a link to where the extension lies', async () => {
    const base = tempFolder();
    mkdirSync(join(base, 'source'));
    writeFileSync(join(base, 'source', 'gemini-extension.json'), JSON.stringify(GEMINI));
    const link = { type: 'link', source: join(base, 'source') };
    expect((await readFolder({ '.gemini-extension-install.json': link }, { dir: base })).manifest.id).toBe('ext');
    await expect(
      readFolder({ '.gemini-extension-install.json': { ...link, source: join(base, 'none') } }, { dir: tempFolder() }),
    ).rejects.toThrow('no gemini-extension.json');
  });
});

describe('a folder with several manifests', { tags: ['foreign-plugins'] }, () => {
  const files = {
    'plugin.json': { $schema: 'https://agent-plugins.org/schemas/1.0.0/plugin.schema.json', name: 'many' },
    'mcp.json': {
      $schema: 'https://agent-plugins.org/schemas/1.0.0/mcp.schema.json',
      mcpServers: { same: { type: 'streamable-http', url: 'https://example.com/mcp' } },
    },
    '.claude-plugin/plugin.json': { name: 'many-claude', description: 'From Claude' },
    '.mcp.json': {
      mcpServers: {
        same: { type: 'http', url: 'https://example.com/other' },
        twin: { type: 'http', url: 'https://example.com/mcp' },
        more: { command: 'a' },
      },
    },
    'gemini-extension.json': { ...GEMINI, name: 'many-gemini', settings: [{ name: 'S', description: 'x', envVar: 'SETTING_S' }] },
    'GEMINI.md': 'Context.',
  };

  it('is one plugin, and the first manifest wins', async () => {
    const { manifests, manifest, servers, offer } = await readFolder(files);
    expect(manifests).toHaveLength(1);
    expect(manifest).toMatchObject({ id: 'many', description: 'From Claude', version: '1.0.0', adapter: 'agent-plugin' });
    expect(Object.entries(servers).map(([name, { server }]) => [name, server?.url ?? server?.command])).toEqual([
      ['same', 'https://example.com/mcp'],
      ['more', 'a'],
    ]);
    const { instructions, facts } = await offer();
    expect(instructions).toContain('Context.');
    expect(facts.dialect).toBe('agent-plugin+claude+gemini');
  });

  it('is what "format" says', async () => {
    const { manifest, servers } = await readFolder(files, { format: 'claude' });
    expect(manifest).toMatchObject({ id: 'many-claude', adapter: 'claude' });
    expect(Object.keys(servers)).toEqual(['same', 'twin', 'more']);
    await expect(readFolder(files, { format: 'codex' })).rejects.toThrow('not recognised');
  });

  it('loses only what a broken manifest adds, but nothing gets past the standard', async () => {
    const { manifest, problems } = await readFolder({ ...files, 'gemini-extension.json': '{' });
    expect(manifest.id).toBe('many');
    expect(problems).toContainEqual(expect.stringContaining('What the manifest for gemini adds is left out.'));
    await expect(readFolder({ ...files, 'plugin.json': { ...files['plugin.json'], name: 'Not Allowed' } })).rejects.toThrow('forbids');
  });

  it('keeps its servers and texts inside, whatever links say', async () => {
    const base = tempFolder();
    const dir = join(base, 'plugin');
    mkdirSync(join(dir, 'commands'), { recursive: true });
    writeFileSync(join(base, 'secret.md'), 'secret');
    symlinkSync(join(base, 'secret.md'), join(dir, 'commands', 'leak.md'));
    symlinkSync(join(base, 'secret.md'), join(dir, '.mcp.json'));
    const { offer, problems } = await readFolder({ '.claude-plugin/plugin.json': { name: 'p' }, 'commands/ok.md': 'x' }, { dir: base });
    expect((await offer()).prompts.map(({ name }) => name)).toEqual(['p_ok']);
    expect(problems).toEqual(['.mcp.json leads out of the plugin.', 'commands/leak.md leads out of the plugin and is left out.']);
  });
});
