import { hash } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ethos } from '../../../dist/adapters/ethos/adapter.js';
import { talos } from '../../../dist/adapters/talos/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { openEthos, runTool, writeEthos } from '../../support/ethos.ts';
import { until } from '../../support/processes.ts';
import { writePlugin } from '../../support/talos.ts';
import { tempFolder } from '../../support/temp.ts';

// Features of Ethos plugins besides their tools.

const run = async (app: TestApp, args: object = {}, tool = 'run'): Promise<string> => textOf(await app.call(tool, args));
const echo = runTool('return { ok: true, value: JSON.stringify(args) };', "toolset: 'web',");
const callAs = (_app: TestApp, session: string, profile = 'default') =>
  new Call(localCaller(profile), { ...silentClient({ ...console, area: () => console } as never), session });
const prompt = async (app: TestApp, name: string, args: Record<string, string> = {}, session = 's'): Promise<string> => {
  const { messages } = await app.instance.gateway.getPrompt(name, args, callAs(app, session));
  const content = messages[0]?.content;
  return content?.type === 'text' ? content.text : '';
};
const view = (app: TestApp, profile = 'default') => app.instance.gateway.view(localCaller(profile));

/** Prompts of plugins; the gateway has one itself. */
const promptNames = (app: TestApp): string[] => [...view(app).prompts.keys()].filter((name) => name !== 'approvals').sort();

describe('Ethos hooks', () => {
  const guard = (body: string) =>
    `export function activate(api) { api.registerModifyingHook('before_tool_call', async (call) => { ${body} }); }`;

  it('run before calls of every format, with the exported name and the origin', async () => {
    const dir = tempFolder();
    const plugins = join(dir, 'plugins');
    mkdirSync(plugins);
    writePlugin(plugins, 'old', { 'index.ts': 'export const handlers = { run: async (args) => args };' });
    writeEthos(plugins, 'guard', {
      'index.ts': guard(
        "return call.args.bad ? { error: 'not ' + call.toolName + ' of ' + JSON.stringify(call.origin) } : { args: { ...call.args, seen: true } };",
      ),
    });
    const app = await openApp([talos, ethos], { pluginFolders: ['./plugins'] }, dir);
    expect(await run(app, { bad: 1 }, 'old_run')).toBe('not old_run of {"format":"talos","plugin":"old","name":"run"}');
    expect(JSON.parse(await run(app, { a: 1 }, 'old_run'))).toEqual({ a: 1, seen: true });
  });

  it('each get the original arguments, and the first change of a key wins', async () => {
    const app = await openEthos((folder) => {
      writeEthos(folder, 'p', { 'index.ts': echo });
      const second =
        "if (call.args.first) throw new Error('saw a change'); return { args: { second: true }, error: call.args.stop ? 'stopped' : null };";
      writeEthos(folder, 'g', {
        'index.ts': `export function activate(api) {
        api.registerModifyingHook('before_tool_call', async () => ({ args: { first: true } }));
        api.registerModifyingHook('before_tool_call', async (call) => { ${second} }); }`,
      });
    });
    expect(JSON.parse(await run(app))).toEqual({ first: true });
    expect(await run(app, { stop: 1 })).toBe('stopped');
  });

  it('reject calls if a guard fails, unless the operator allows them', async () => {
    const write = (folder: string) => {
      writeEthos(folder, 'p', { 'index.ts': echo });
      writeEthos(folder, 'g', { 'index.ts': guard("throw new Error('lost my mind');") });
    };
    const closed = await openEthos(write);
    const result = await closed.call('run');
    expect(result.meta?.['plugmux/error']).toMatchObject({ code: 'DENIED' });
    expect(textOf(result)).toContain('lost my mind');
    const open = await openEthos(write, { plugins: { g: { onGuardError: 'allow' } } });
    expect(await run(open)).toBe('{}');
  });

  it('reject calls while a guard cannot be loaded, only in profiles that contain it', async () => {
    const app = await openEthos(
      (folder) => {
        writeEthos(folder, 'p', { 'index.ts': echo });
        writeEthos(folder, 'g', { 'index.ts': `${guard('')}\nthrow new Error('broken');` });
      },
      { profiles: { free: { plugins: ['p'] } } },
    );
    expect((await app.call('run')).meta?.['plugmux/error']).toMatchObject({ code: 'DENIED' });
    const call = callAs(app, 'x', 'free');
    expect(textOf((await app.instance.gateway.call('run', {}, call, '"principal":"test"')).result)).toBe('{}');
  });

  it('are notified of sessions, ended calls and paths, without an effect on them', async () => {
    const follow = `const heard = [];
    export function activate(api) {
      for (const hook of ['session_start', 'after_tool_call', 'tool_end_with_path']) api.registerVoidHook(hook, async (payload) => { heard.push([hook, structuredClone(payload)]); payload.result = null; throw new Error('ignored'); });
      api.registerTool({ name: 'heard', description: '', schema: {}, execute: async () => ({ ok: true, value: JSON.stringify(heard) }) });
    }`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'p', {
        'index.ts': runTool("return args.fail ? { ok: false, error: 'no', code: 'MY_CODE' } : { ok: true, value: 'yes' };"),
      });
      writeEthos(folder, 'f', { 'index.ts': follow });
    });
    expect(await run(app, { path: '', file_path: '/a/b' })).toBe('yes');
    await app.call('run', { fail: true });
    let heard: [string, Record<string, unknown>][] = [];
    const of = (hook: string) => heard.filter(([name]) => name === hook).map(([, payload]) => payload);
    await until('both calls and the path were heard of', async () => {
      heard = JSON.parse(await run(app, {}, 'heard')).filter(([, p]: [string, { toolName?: string }]) => p.toolName !== 'heard');
      return of('after_tool_call').length === 2 && of('tool_end_with_path').length > 0;
    });
    expect(of('session_start')).toEqual([{ sessionId: 'gateway', sessionKey: 'mcp:default', platform: 'mcp', personalityId: 'default' }]);
    expect(of('after_tool_call')).toMatchObject([
      { toolName: 'run', durationMs: expect.any(Number), origin: { plugin: 'p' } },
      { toolName: 'run' },
    ]);
    expect(of('tool_end_with_path')).toMatchObject([{ filePath: '/a/b', toolName: 'run' }]);
  });
});

describe('Ethos filters', () => {
  it('run around the tools they name: the first result wins, every after runs, a fault fails the call', async () => {
    const filters = `export function activate(api) {
      api.registerToolFilter({ toolName: 'run', before: async (args) => (args.short ? { ok: true, value: 'short' } : null) });
      api.registerToolFilter({ toolset: 'web', after: async (result) => ({ ...result, value: result.value + '!' }) });
      api.registerToolFilter({ toolName: ['other'], after: async () => ({ ok: false, error: 'never', code: 'x' }) });
      api.registerToolFilter({ before: async (args, ctx, meta) => { if (args.boom) throw new Error(meta.toolName + ' ' + ctx.sessionKey); return null; } });
    }`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'p', { 'index.ts': echo });
      writeEthos(folder, 'z', { 'index.ts': filters });
    });
    expect(await run(app, { a: 1 })).toBe('{"a":1}!');
    expect(await run(app, { short: 1 })).toBe('short!');
    expect(textOf(await app.call('run', { boom: 1 }))).toContain('run mcp:default');
  });
});

describe('Ethos prompts', () => {
  it('composes injectors by priority, the lowest prepend on top, and the hooks around them', async () => {
    const code = `let calls = 0;
    export function activate(api) {
      const add = (id, priority, position) => api.registerInjector({ id, priority, inject: async () => ({ content: id, position }) });
      add('a1', 1); add('a9', 9); add('p1', 1, 'prepend'); add('p9', 9, 'prepend');
      api.registerInjector({ id: 'bad', priority: 5, inject: async () => { throw new Error('no'); } });
      api.registerInjector({ id: 'off', priority: 5, shouldInject: () => false, inject: async () => ({ content: 'off' }) });
      api.registerInjector({ id: 'who', priority: 0, inject: async (ctx) => ({ content: ctx.sessionId + ' ' + ctx.platform }) });
      api.registerModifyingHook('before_prompt_build', async () => ({ prependSystem: 'first', appendSystem: 'last', overrideSystem: 'all' }));
    }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    expect(await prompt(app, 'p_instructions', {}, 'me')).toBe('first\n\np1\n\np9\n\na9\n\na1\n\nme mcp\n\nlast');
    expect(view(app).instructions).toContain('gateway mcp');
    await app.logged('the injector "bad" failed: no');
    const { contents } = await app.instance.gateway.readResource('plugin://p/instructions', callAs(app, 'you'));
    expect(contents[0]?.text).toContain('you mcp');
  });

  it('serves commands of both dialects with arguments and completion, and run commands as tools if configured', async () => {
    const code = `export function activate(api) {
      api.registerCommand({ name: 'Review', description: 'Reviews', argumentHint: '<file> [deep|quick]', prompt: 'Review $1 ($2) of: $ARGUMENTS. $10' });
      api.registerSlashCommand({ name: '/status', description: 'Status', usage: '/status', handler: async (args, ctx) => 'status ' + args + ' ' + ctx.sessionId });
      api.registerSlashCommand({ name: 'docs', description: 'Docs', execute: async (args) => ({ text: 'docs ' + args }) });
      api.registerCommand({ name: 'build', description: 'Builds', run: async ({ args, emit }) => { emit('building ' + args.positional.join()); return { exitCode: args.named.fail ? 1 : 0, output: 'done' }; } });
      try { api.registerCommand({ name: 'both', prompt: '', run: async () => ({}) }); } catch (error) { api.diagnostics.warn(error.message); }
    }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    expect(promptNames(app)).toEqual(['p_docs', 'p_review', 'p_status']);
    expect(await prompt(app, 'p_review', { arguments: 'a.ts quick' })).toBe('Review a.ts (quick) of: a.ts quick. ');
    expect(await prompt(app, 'p_status', { arguments: 'now' }, 'me')).toBe('status now me');
    expect(await prompt(app, 'p_docs')).toBe('docs ');
    expect(await view(app).prompts.get('p_review')?.prompt.complete?.('arguments', 'a.ts d', {})).toEqual(['a.ts deep']);
    await app.logged('exactly one');
    expect([...view(app).tools.keys()]).toEqual([]);
    await app.reconfigure({ pluginFolders: ['./plugins'], plugins: { p: { commandTools: true } } });
    expect(await run(app, { arguments: 'x y' }, 'p_cmd_build')).toBe('building x,y\ndone');
    expect((await app.call('p_cmd_build', { arguments: '--fail=1' })).isError).toBe(true);
  });

  it('serves skills, even without code, and hides those with missing tools', async () => {
    const tea = '---\nname: tea\ndescription: Makes tea\nrequired_tools: [run]\ntags: [hot]\n---\nBoil water.';
    const app = await openEthos((folder) => {
      writeEthos(folder, 'p', { 'index.ts': echo });
      writeEthos(
        folder,
        'taught',
        {
          'skills/brew.md': tea,
          'skills/fold/SKILL.md': 'Fold it.',
          'skills/fold/how/paper.md': 'Thin.',
          'skills/fly.md': '---\nrequired_tools: [wings]\n---\nFlap.',
          'skills/odd.md': '---\n: [\n---\nStill here.',
          'skills/loose.md': '---\nname: loose\ndescription: Use it: always\n---\nLoosen it.',
        },
        { skills_dir: 'skills' },
      );
      // A link to nowhere must not cost the other skills.
      symlinkSync('nowhere', join(folder, 'taught', 'skills', 'lost.md'));
    });
    expect(promptNames(app)).toEqual(['taught_fold', 'taught_loose', 'taught_odd', 'taught_tea']);
    expect(await prompt(app, 'taught_tea')).toBe('Boil water.');
    expect(await prompt(app, 'taught_fold')).toMatch(/^Fold it\.\n\nFiles of this skill, .*\n- how\/paper\.md$/);
    expect([...view(app).resources.keys()].filter((uri) => uri.startsWith('skill:')).sort()).toEqual([
      'skill://taught/fold/SKILL.md',
      'skill://taught/loose/SKILL.md',
      'skill://taught/odd/SKILL.md',
      'skill://taught/tea/SKILL.md',
    ]);
    const { gateway } = app.instance;
    const text = async (uri: string) => (await gateway.readResource(uri, app.newCall())).contents[0];
    expect(await text('skill://taught/tea/SKILL.md')).toMatchObject({ text: tea, mimeType: 'text/markdown' });
    expect(await text('skill://taught/fold/how/paper.md')).toMatchObject({ text: 'Thin.' });
    // The address of earlier releases is the text without its front matter, with the plugin's id as it is written.
    for (const uri of ['skill://taught/tea', 'skill://Taught/tea'])
      expect(await text(uri)).toEqual({ uri, mimeType: 'text/markdown', text: 'Boil water.' });
    for (const uri of ['skill://taught/fly', 'skill://taught/fly/SKILL.md', 'skill://taught/tea/brew.md', 'skill://taught/fold/..'])
      await expect(text(uri), uri).rejects.toMatchObject({ code: 'INVALID_PARAMS' });

    // Only what a client can verify is listed.
    const { skills } = await gateway.listSkills('', app.newCall());
    expect(skills).toMatchObject([
      {
        uri: 'skill://taught/tea/SKILL.md',
        frontmatter: { name: 'tea', description: 'Makes tea', required_tools: ['run'], tags: ['hot'] },
        resources: [{ uri: 'skill://taught/tea/SKILL.md', digest: `sha256:${hash('sha256', tea)}`, size: tea.length }],
        _meta: { tags: ['hot'] },
      },
    ]);
    expect(textOf(await app.call('load_skill', { name: 'tea' }))).toBe('Boil water.');
    expect(textOf(await app.call('load_skill', { name: 'tea', arguments: 'green' }))).toBe('Boil water.\n\nARGUMENTS: green');
    expect((await app.call('load_skill', { name: 'fly' })).isError).toBe(true);

    const problems = app.instance.registry.plugins().find((p) => p.id === 'taught')?.problems ?? [];
    expect(problems.map(({ subject, message }) => `${subject} ${message}`).sort()).toEqual([
      expect.stringMatching(/^skills\/loose\.md:3 The value of "description" is not valid YAML .* as if it were in quotes\.$/),
      expect.stringMatching(/^skills\/odd\.md:\d The front matter cannot be read /),
      expect.stringMatching(/^skills_dir The skill "lost" cannot be read: /),
    ]);
  });
});

describe('Ethos personalities', () => {
  it('become profiles with their plugins and rules', async () => {
    const code = `export function activate(api) { api.registerPersonality({ id: 'planner', description: 'Plans.', soulPath: './soul.md', plugins: ['p'],
      safety: { approvalMode: 'manual', denyRules: ['"secret"'], network: { allow: ['api.example.com'] } }, fs_reach: { read: ['docs'] } });
      api.registerPersonality({ id: 'nobody' }); }`;
    const app = await openEthos((folder) => {
      writeEthos(folder, 'p', { 'index.ts': echo });
      writeEthos(folder, 'other', { 'index.ts': echo.replace("'run'", "'other'") });
      writeEthos(folder, 'brings', { 'index.ts': code, 'soul.md': 'Be calm.' });
    });
    await until('the profile is there', () => app.instance.gateway.hasProfile('planner'));
    const planner = view(app, 'planner');
    expect([...planner.tools.values()].map(({ entry, approval }) => [entry.name, approval])).toEqual([['run', 'required']]);
    expect(planner.instructions).toContain('Plans.\n\nBe calm.');
    expect(planner.settings).toMatchObject({
      denyRules: ['"secret"'],
      bounds: { network: { allow: ['api.example.com'] }, fs: { read: [join(app.dir, 'docs')] } },
    });
    expect([...view(app, 'nobody').tools.keys()]).toEqual([]);
    await app.reconfigure({ pluginFolders: ['./plugins'], plugins: { brings: { enabled: false } } });
    await until('the profile is gone', () => !app.instance.gateway.hasProfile('planner'));
  });
});

describe('Ethos background', () => {
  it('serves monitor notices as changing resources, also after a crash', async () => {
    const code = `export function activate(api) {
      api.registerMonitor({ name: 'watch', run: async ({ what }, ctx) => {
        await ctx.kvStore.set('runs', String(1 + Number(await ctx.kvStore.get('runs'))));
        await ctx.notify({ sessionKey: 's', message: what + ' ' + (await ctx.kvStore.get('runs')), payload: { a: 1 } });
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)); } });
      api.registerMonitor({ name: 'falls', run: async () => { throw new Error('fell'); } });
      const tool = (name, body) => api.registerTool({ name, description: '', schema: {}, execute: async () => { await body(); return { ok: true, value: name }; } });
      tool('begin', () => { api.startMonitor('watch', { what: 'rain' }); api.startMonitor('falls'); });
      tool('unknown', () => api.startMonitor('nothing'));
      tool('crash', () => process.exit(3));
      tool('end', () => api.stopMonitor('watch'));
    }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    const updated: string[] = [];
    app.instance.gateway.onUpdated((address) => updated.push(address));
    expect(await run(app, {}, 'unknown')).toBe('Monitor "nothing" not registered.');
    await app.call('begin');
    await until('the notice is told', () => updated.includes('trigger://p/watch'));
    const read = async () =>
      JSON.parse((await app.instance.gateway.readResource('trigger://p/watch', callAs(app, 's'))).contents[0]?.text ?? '[]');
    expect(await read()).toMatchObject([{ message: 'rain 1', sessionKey: 's', payload: { a: 1 } }]);
    await until('the crash is reported', () => JSON.stringify(app.instance.registry.plugins()[0]?.problems).includes('fell'));
    await app.call('crash');
    await until('the monitor runs again', async () => (await read()).length === 2);
    expect((await read())[1]).toMatchObject({ message: 'rain 2' });
    await app.call('end');
    await until('it has stopped', () => JSON.stringify(app.instance.registry.plugins()[0]?.facts).includes('watch (idle)'));
  });

  it('runs health checks on request, errors first', async () => {
    const code = `export function activate(api) {
      api.registerHealthCheck({ name: 'slowly', description: '', run: async () => ({ status: 'warn', message: 'slow' }) });
      api.registerHealthCheck({ name: 'well', description: '', run: async () => ({ status: 'ok', message: 'fine' }) });
      api.registerHealthCheck({ name: 'ill', description: '', run: async () => { throw new Error('no disk'); } });
    }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    expect((await app.instance.registry.check()).get('p')).toEqual([
      { code: 'PLUGIN_FAILED', subject: 'health: ill', message: 'error: no disk' },
      { subject: 'health: slowly', message: 'warn: slow' },
    ]);
  });
});
