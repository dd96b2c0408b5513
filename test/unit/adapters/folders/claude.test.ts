import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { promptText, readFolder } from '../../../support/read-folder.ts';
import { tempFolder } from '../../../support/temp.ts';

const NAMED = { name: 'helper' };
const read = (files: Readonly<Record<string, string | object>>, options = {}) =>
  readFolder({ '.claude-plugin/plugin.json': NAMED, ...files }, options);

describe('servers of Claude plugins', { tags: ['foreign-plugins'] }, () => {
  it('are a map, bare or below "mcpServers", and the manifest wins', async () => {
    const bare = await read({ '.mcp.json': { one: { command: 'a' }, two: { url: 'https://example.com' } } });
    expect(Object.keys(bare.servers)).toEqual(['one', 'two']);
    const both = await read({
      '.claude-plugin/plugin.json': { ...NAMED, mcpServers: ['./more.json', { two: { command: 'inline' } }] },
      '.mcp.json': { mcpServers: { one: { command: 'a' }, two: { command: 'file' } } },
      'more.json': { three: { command: 'c' } },
    });
    expect(Object.entries(both.servers).map(([name, { server }]) => [name, server?.command])).toEqual([
      ['one', 'a'],
      ['two', 'inline'],
      ['three', 'c'],
    ]);
  });

  it('get the plugin, its data and the project as places, and two as variables', async () => {
    const { servers, dir, problems } = await read({
      '.mcp.json': {
        one: {
          command: '${CLAUDE_PLUGIN_ROOT}/run',
          args: ['${CLAUDE_PROJECT_DIR}', '${CLAUDE_PLUGIN_DATA}', '${CLAUDE_EFFORT:-x}', '${a b}'],
        },
      },
    });
    const { command, args, env, cwd } = servers.one?.server ?? {};
    const { CLAUDE_PLUGIN_DATA, ...rest } = env as Record<string, string>;
    expect([command, cwd]).toEqual([`${dir}/run`, join(dir, '../project')]);
    expect(args).toEqual([join(dir, '../project'), CLAUDE_PLUGIN_DATA, 'x', '${a b}']);
    expect(rest).toEqual({ CLAUDE_PLUGIN_ROOT: dir });
    expect(problems).toEqual([
      expect.stringMatching(/^\.mcp\.json:\d+:\d+: \$\{a b\} is not known here/),
      'The server "one" starts run, which does not exist.',
    ]);
  });

  it('take variables from settings, the entry, the environment and defaults', async () => {
    const files = {
      '.mcp.json': {
        one: { url: 'https://example.com', headers: { A: '${FOLDER_TEST_A}', B: '${FOLDER_TEST_B:-none}', C: '${FOLDER_TEST_C}' } },
      },
    };
    process.env.FOLDER_TEST_C = 'of-environment';
    try {
      const { servers, manifest, hidden } = await read(files, { entry: { credentials: { FOLDER_TEST_A: 'of-settings' } } });
      expect(servers.one?.server?.headers).toEqual({ A: 'of-settings', B: 'none', C: 'of-environment' });
      expect(servers.one?.needs).toBeUndefined();
      expect(hidden).toContain('of-environment');
      expect(manifest.settings?.required).toEqual([]);
    } finally {
      delete process.env.FOLDER_TEST_C;
    }
    const unset = await read(files);
    expect(unset.servers.one?.needs).toEqual([
      { setting: 'FOLDER_TEST_A', at: ['headers', 'A'] },
      { setting: 'FOLDER_TEST_C', at: ['headers', 'C'] },
    ]);
    expect(unset.manifest.settings).toMatchObject({
      required: ['FOLDER_TEST_A', 'FOLDER_TEST_C'],
      properties: { FOLDER_TEST_A: { type: 'string', writeOnly: true } },
    });
  });

  it('never get the variables of the gateway itself', async () => {
    process.env.PLUGMUX_KEY_TEST = 'sealed';
    try {
      const { servers } = await read({ '.mcp.json': { one: { command: 'a', env: { X: '${PLUGMUX_KEY_TEST}' } } } });
      expect(servers.one?.needs).toHaveLength(1);
    } finally {
      delete process.env.PLUGMUX_KEY_TEST;
    }
  });

  it('use declared settings, which a command takes from the file only', async () => {
    const userConfig = {
      api_key: { type: 'string', title: 'Key', description: 'The key', sensitive: true, required: true },
      folder: { description: 'older, without type', default: '/tmp' },
      level: { type: 'number', title: 'Level', description: 'x', min: 1, max: 3, odd: true },
    };
    const { servers, manifest, problems } = await read({
      '.claude-plugin/plugin.json': { ...NAMED, userConfig },
      '.mcp.json': {
        one: { command: 'a', args: ['${user_config.folder}', '${user_config.none}'], env: { KEY: '${user_config.api_key}' } },
      },
    });
    expect(servers.one?.server?.args).toEqual(['/tmp', '${user_config.none}']);
    expect(servers.one?.needs).toEqual([{ setting: 'api_key', at: ['env', 'KEY'] }]);
    expect(manifest.settings).toEqual({
      type: 'object',
      required: ['api_key'],
      properties: {
        api_key: { type: 'string', title: 'Key', description: 'The key', writeOnly: true },
        folder: { type: 'string', description: 'older, without type', default: '/tmp', 'x-command': true },
        level: { type: 'number', title: 'Level', description: 'x', minimum: 1, maximum: 3 },
      },
    });
    expect(problems).toEqual([
      expect.stringMatching(/plugin\.json:\d+:\d+: the key "odd" is unknown/),
      expect.stringMatching(/\.mcp\.json:\d+:\d+: \$\{user_config\.none\} is not known/),
    ]);
  });

  it('cannot loosen approvals, and say which file must be built', async () => {
    const { servers, problems, manifest } = await read({
      'package.json': { scripts: { build: 'tsc' } },
      '.mcp.json': { one: { command: 'node', args: ['${CLAUDE_PLUGIN_ROOT}/dist/index.js'], trust: true, alwaysAllow: ['x'], odd: 1 } },
    });
    expect(servers.one?.server).not.toHaveProperty('trust');
    expect(servers.one?.server).not.toHaveProperty('alwaysAllow');
    expect(problems.filter((text) => text.includes('only mcp.json approves'))).toHaveLength(2);
    expect(problems.join()).toContain('starts dist/index.js, which does not exist: it must be built first.');
    expect(manifest.ignored?.find(({ code }) => code === 'ENTRY_NOT_FOUND')?.fix).toMatch(/^Run `npm install && npm run build` in /);
  });

  it('stay inside the plugin', async () => {
    const { servers, problems } = await read({
      '.claude-plugin/plugin.json': { ...NAMED, mcpServers: ['../out.json', './none.json', 'https://example.com/x.mcpb'] },
    });
    expect(servers).toEqual({});
    expect(problems.map((text) => text.replace(/^.*: /, ''))).toEqual(
      [
        '../out.json leads out of the plugin.',
        './none.json does not exist.',
        'https://example.com/x.mcpb is an address; plugmux downloads no plugins.',
      ].sort(),
    );
  });
});

describe('texts of Claude plugins', { tags: ['foreign-plugins'] }, () => {
  it('are prompts: commands with arguments, agents and skills', async () => {
    const plugin = await read({
      'commands/fix/issue.md':
        '---\ndescription: Fix it\nargument-hint: [number] [branch]\nallowed-tools: Bash(git:*)\n---\nFix $0 on $1 of $ARGUMENTS.\n',
      'commands/named.md': '---\narguments: who what\n---\n$who does $what, $other stays.',
      'commands/plain.md': 'Do the usual.',
      'agents/critic.md': '---\nname: critic\ndescription: Finds faults\ntools: Read, Grep\n---\nYou find faults.',
      'skills/tidy/SKILL.md': '---\nname: tidy\ndescription: Tidies.\n---\nTidy $ARGUMENTS.',
    });
    const { prompts, skills } = await plugin.offer();
    expect(prompts.map(({ name, description, arguments: args }) => [name, description, args])).toEqual([
      ['helper_fix:issue', 'Fix it', [{ name: 'arguments', description: '[number] [branch]' }]],
      ['helper_named', undefined, [{ name: 'who' }, { name: 'what' }]],
      ['helper_plain', undefined, [{ name: 'arguments' }]],
      ['helper_agent_critic', 'Finds faults', undefined],
      ['helper_tidy', 'Tidies.', [{ name: 'arguments', description: expect.any(String) }]],
    ]);
    expect(skills?.map(({ name }) => name)).toEqual(['tidy']);
    expect(promptText(await plugin.prompt('helper_fix:issue', { arguments: '7 main' }))).toBe('Fix 7 on main of 7 main.');
    expect(promptText(await plugin.prompt('helper_named', { who: 'the cat', what: 'sleep' }))).toBe('the cat does sleep, $other stays.');
    expect(promptText(await plugin.prompt('helper_plain', { arguments: 'now' }))).toBe('Do the usual.\n\nARGUMENTS: now');
    expect(promptText(await plugin.prompt('helper_agent_critic'))).toBe('You find faults.');
  });

  it('never run shell text, and say so with file and line', async () => {
    const plugin = await read({ 'commands/look.md': '---\ndescription: Look\n---\n\nState:\n!`rm -rf /tmp/none`\n' });
    const text = promptText(await plugin.prompt('helper_look'));
    expect(text).toContain('!`rm -rf /tmp/none`');
    expect(text).toContain('were not run');
    expect((await plugin.offer()).problems).toEqual([expect.objectContaining({ subject: 'commands/look.md:6' })]);
  });

  it('include files of the plugin only, and never those that arguments name', async () => {
    const plugin = await read({
      'docs/a.md': 'inside',
      'commands/read.md':
        'See @{docs/a.md}, @{../../etc/passwd}, @{/etc/passwd}, @{none.md} and @${CLAUDE_PLUGIN_ROOT}/docs/a.md. $ARGUMENTS',
    });
    const { messages } = await plugin.prompt('helper_read', { arguments: '@{docs/a.md} @{/etc/hostname}' });
    const included = messages.slice(1).map(({ content }) => (content.type === 'resource' ? content.resource.text : content.type));
    expect(included).toEqual(['inside', 'inside'].slice(0, included.length));
    expect(included.length).toBeGreaterThan(0);
    const text = promptText({ messages });
    expect(text).toContain('"../../etc/passwd" is outside of the plugin');
    expect(text).toContain('"/etc/passwd" is outside of the plugin');
    expect(text).toContain('"none.md" is not a file of the plugin');
  });

  it('name paths of this machine only to callers on it', async () => {
    const plugin = await read({ 'commands/at.md': 'At ${CLAUDE_PLUGIN_ROOT} with ${OTHER}.' });
    expect(promptText(await plugin.prompt('helper_at'))).toBe(`At ${plugin.dir} with \${OTHER}.`);
    const remote = { caller: { principal: 'ci', profile: 'default' } };
    expect(promptText(await plugin.prompt('helper_at', {}, remote))).toBe('At ${CLAUDE_PLUGIN_ROOT} with ${OTHER}.');
  });

  it('show settings that are no secrets, without reading them again', async () => {
    const userConfig = { team: { description: 'x' }, token: { description: 'x', sensitive: true } };
    const plugin = await read(
      {
        '.claude-plugin/plugin.json': { ...NAMED, userConfig },
        'commands/who.md': '${user_config.team} and ${user_config.token}: $ARGUMENTS',
      },
      { entry: { settings: { team: '$ARGUMENTS ${user_config.token}' }, credentials: { token: 'hidden-value' } } },
    );
    expect(promptText(await plugin.prompt('helper_who', { arguments: 'x' }))).toBe(
      '$ARGUMENTS ${user_config.token} and ${user_config.token}: x',
    );
  });

  it('come from where the manifest says, in place of the usual folder', async () => {
    const plugin = await read({
      '.claude-plugin/plugin.json': {
        ...NAMED,
        commands: {
          hello: { content: 'Hello $0', description: 'Greets', argumentHint: '<name>' },
          file: { source: './other/x.md' },
          bad: {},
        },
      },
      'commands/unused.md': 'x',
      'other/x.md': 'From a file.',
    });
    const { prompts } = await plugin.offer();
    expect(prompts.map(({ name }) => name)).toEqual(['helper_hello', 'helper_file']);
    expect(promptText(await plugin.prompt('helper_hello', { arguments: 'you' }))).toBe('Hello you');
    expect(plugin.problems).toEqual([expect.stringContaining('the command needs either "source"')]);
  });
});

describe('the manifest of Claude plugins', { tags: ['foreign-plugins'] }, () => {
  it('reports hooks, further components and unknown keys, and runs none of them', async () => {
    const hook = { hooks: [{ type: 'command', command: 'touch ran' }] };
    const { problems } = await read({
      '.claude-plugin/plugin.json': { ...NAMED, lspServers: {}, odd: 1, dependencies: ['other'], hooks: { Stop: [hook] } },
      'hooks/hooks.json': { hooks: { PreToolUse: [hook, hook] } },
    });
    expect(problems).toEqual(
      [
        '.claude-plugin/plugin.json:4:3: the key "odd" is unknown and is ignored.',
        '.claude-plugin/plugin.json:5:3: it wants other plugins, which are not loaded for it: ["other"].',
        'Not served, since MCP has no counterpart: lspServers.',
        expect.stringMatching(
          /^hooks\/hooks\.json, .*its 3 hooks belong to its own host and never run here: PreToolUse \(2\), Stop \(1\)\.$/,
        ),
      ].sort(),
    );
  });

  it('may be absent if the entry names the format', async () => {
    const files = { 'commands/a.md': 'x' };
    await expect(readFolder(files)).rejects.toThrow('not recognised');
    expect((await readFolder(files, { format: 'claude' })).manifest.id).toBe('plugin');
  });

  it('is refused with its place if it is no JSON', async () => {
    await expect(readFolder({ '.claude-plugin/plugin.json': '{ "name": ' })).rejects.toThrow(
      /^\.claude-plugin\/plugin\.json.*not valid JSON/,
    );
    await expect(readFolder({ '.claude-plugin/plugin.json': '{ "name": "a", "name": "b" }' })).rejects.toThrow('the same key twice');
    await expect(readFolder({ '.claude-plugin/plugin.json': '[]' })).rejects.toThrow('not a JSON object');
  });
});

describe('lists of plugins', { tags: ['foreign-plugins'] }, () => {
  it('give each plugin of the repository an id and settings of its own', async () => {
    const { manifests, problems } = await readFolder(
      {
        '.claude-plugin/marketplace.json': {
          name: 'market',
          metadata: { pluginRoot: './plugins' },
          plugins: [
            { name: 'one', source: './plugins/one' },
            { name: 'two', source: 'two', strict: false, description: 'whole', commands: ['./x.md'] },
            { name: 'far', source: { source: 'github', repo: 'a/b' } },
            { name: 'out', source: './../..' },
            { name: 'gone', source: './none' },
          ],
        },
        'plugins/one/.claude-plugin/plugin.json': { name: 'one' },
        'plugins/one/.mcp.json': { s: { command: 'x', env: { K: '${FOLDER_TEST_K}' } } },
        'plugins/two/x.md': 'text',
      },
      { key: 'entry', entry: { options: { config: { one: { FOLDER_TEST_K: 'mine' } } } } },
    );
    expect(manifests.map(({ id, settingsAt, description }) => [id, settingsAt, description])).toEqual([
      ['one', ['config', 'one'], undefined],
      ['two', ['config', 'two'], 'whole'],
    ]);
    expect(manifests[0]?.yields?.[0]?.server?.env).toMatchObject({ K: 'mine' });
    expect(problems).toEqual([
      expect.stringMatching(/^\.claude-plugin\/marketplace\.json:\d+:\d+: \.\/\.\.\/\.\. leads out of the repository\.$/),
      expect.stringContaining(': ./none does not exist.'),
      expect.stringContaining('1 plugins of the list lie elsewhere'),
    ]);
  });

  it('are also the register of what is installed, which may be wrong', async () => {
    const base = tempFolder();
    const { manifests, problems } = await readFolder(
      {
        'installed_plugins.json': {
          version: 2,
          plugins: {
            'good@market': [{ installPath: join(base, 'plugin/cache/good/1'), version: '1' }],
            'lost@market': [{ installPath: join(base, 'plugin/cache/lost/1') }],
          },
        },
        'cache/good/1/.claude-plugin/plugin.json': { name: 'good', version: '1' },
        'cache/good/0/.claude-plugin/plugin.json': { name: 'good', version: '0' },
      },
      { dir: base },
    );
    expect(manifests.map(({ id, version }) => [id, version])).toEqual([['good', '1']]);
    expect(problems).toEqual([expect.stringContaining('"lost@market" is registered, but')]);
  });
});
