import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ethos } from '../../../dist/adapters/ethos/adapter.js';
import { localCaller } from '../../../dist/src/core/contract/caller.js';
import { Call, silentClient } from '../../../dist/src/gateway/call/call.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { openEthos, runTool, writeEthos, writeFiles } from '../../support/ethos.ts';
import { until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

// What the tools of Ethos plugins get and return.

const run = async (app: TestApp, args: object = {}, tool = 'run'): Promise<string> => textOf(await app.call(tool, args));
const callAs = (_app: TestApp, session: string, profile = 'default') =>
  new Call(localCaller(profile), { ...silentClient({ ...console, area: () => console } as never), session });
const view = (app: TestApp, profile = 'default') => app.instance.gateway.view(localCaller(profile));

/** Prompts of plugins; the gateway has one itself. */
const promptNames = (app: TestApp): string[] => [...view(app).prompts.keys()].filter((name) => name !== 'approvals').sort();

describe('Ethos tool context', () => {
  it('contains the caller, keeps session state, and omits undeclared capabilities', async () => {
    const code = runTool(
      `const before = ctx.getContext('n') ?? 0; ctx.setContext('n', before + 1);
      const { abortSignal, emit, getContext, setContext, storage, readMtimes, ...plain } = ctx;
      return { ok: true, value: JSON.stringify({ ...plain, before, aborted: abortSignal.aborted, fields: Object.keys(ctx).filter((k) => /scoped|store|secrets/i.test(k)) }) };`,
      'maxResultChars: 500,',
    );
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    const as = async (session: string) => JSON.parse(textOf(await app.call('run', {}, callAs(app, session))));
    expect(await as('a')).toEqual({
      sessionId: 'a',
      sessionKey: 'mcp:default',
      platform: 'mcp',
      workingDir: app.dir,
      currentTurn: 1,
      messageCount: 1,
      toolCallId: expect.any(String),
      personalityId: 'default',
      resultBudgetChars: 500,
      dryRun: false,
      before: 0,
      aborted: false,
      fields: [],
    });
    expect(await as('a')).toMatchObject({ before: 1, currentTurn: 2 });
    expect(await as('b')).toMatchObject({ before: 0, currentTurn: 1 });
  });

  it('provides declared capabilities, and rejects a tool with unsupported ones', async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'in/a.txt': 'inside', 'out/b.txt': 'outside' });
    const code = runTool(
      `const tried = async (what) => { try { return await what(); } catch (error) { return error.message.split(':')[0]; } };
      await ctx.kvStore.set('k', 'v'); await ctx.kvStore.set('gone', 'v', { ttlSeconds: -1 });
      return { ok: true, value: JSON.stringify([
        await ctx.scopedFs.read('${dir}/in/a.txt'), await tried(() => ctx.scopedFs.read('${dir}/out/b.txt')), await tried(() => ctx.scopedFs.write('${dir}/in/c', 'x')),
        (await ctx.scopedProcess.spawn('echo', ['$HOME;'])).stdout, await tried(() => ctx.scopedProcess.spawn('sh', ['-c', 'true'])),
        await ctx.kvStore.list(''), await ctx.kvStore.get('gone'),
        await ctx.secretsResolver.get('providers/x/key'), await tried(() => ctx.secretsResolver.get('providers/y/key')),
        await tried(() => ctx.scopedFetch('http://127.0.0.1/')), await tried(() => ctx.scopedFetch.fetch('https://other.example/')) ]) };`,
      `capabilities: { fs_reach: { read: ['${dir}/in'] }, process: { allowedBinaries: ['echo'] }, storage: { scope: 'tool-private', kind: 'kv' }, secrets: ['providers/x/*'], network: { allowedHosts: ['api.example.com'] } },`,
    );
    const app = await openEthos(
      (folder) => {
        writeEthos(folder, 'p', { 'index.ts': code });
        writeEthos(folder, 'q', {
          'index.ts': runTool(
            "return { ok: true, value: 'ran' };",
            "capabilities: { storage: { scope: 'tool-private', kind: 'sql' } },",
          ).replace("'run'", "'asks'"),
        });
      },
      { plugins: { p: { credentials: { 'providers/x/key': 'hush', 'providers/y/key': 'hush too' } } } },
    );
    expect(JSON.parse(await run(app))).toEqual([
      'inside',
      'PATH_NOT_REACHABLE',
      'PATH_NOT_REACHABLE',
      '$HOME;\n',
      'BINARY_NOT_ALLOWED',
      ['k'],
      null,
      'hush',
      'SECRET_NOT_DECLARED',
      'HOST_NOT_ALLOWED',
      'HOST_NOT_ALLOWED',
    ]);
    const refused = await app.call('asks');
    expect([refused.isError, textOf(refused), refused.meta?.ethos]).toEqual([
      true,
      expect.stringContaining('not currently available'),
      { code: 'not_available' },
    ]);
  });

  it('forwards progress for users, with growing numbers', async () => {
    const code =
      runTool(`for (const [percent, audience] of [[10, 'user'], [5, 'user'], [50, 'dashboard'], [60]]) ctx.emit({ type: 'progress', toolName: 'run', message: 'm', percent, audience });
      return { ok: true, value: '' };`);
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    const seen: unknown[] = [];
    await app.call(
      'run',
      {},
      app.newCall((...report) => seen.push(report.slice(0, 2))),
    );
    expect(seen).toEqual([
      [10, 100],
      [10.01, 100],
      [50, 100],
    ]);
  });

  it('shows the approval, toolset, network and cost that a tool declares', async () => {
    const fields = "requiresApproval: true, returnDirect: true, toolset: 'danger', capabilities: { network: { allowedHosts: [] } },";
    const app = await openEthos(
      (folder) => writeEthos(folder, 'p', { 'index.ts': runTool("return { ok: true, value: 'x', cost_usd: 0.5 };", fields) }),
      { plugins: { p: { approval: 'allow' } } },
    );
    const tool = app.instance.registry.catalogue().tools.get('run')?.tool;
    expect(tool).toMatchObject({
      approval: 'required',
      hints: { destructive: true, openWorld: true },
      labels: ['toolset:danger'],
      meta: { returnDirect: true, toolset: 'danger' },
    });
    expect((await app.call('run')).meta).toEqual({ ethos: { cost_usd: 0.5 } });
  });
});

describe('Ethos results', () => {
  it('are truncated with a marker, stored whole, cached for equal calls, and fenced if untrusted', async () => {
    const code = `let calls = 0; export function activate(api) {
      const tool = (name, fields, execute) => api.registerTool({ name, description: '', schema: { type: 'object' }, ...fields, execute });
      tool('long', { maxResultChars: 10 }, async () => ({ ok: true, value: 'x'.repeat(25), structured: { a: 1 } }));
      tool('big', {}, async () => ({ ok: true, value: 'y'.repeat(90000) }));
      tool('plain', { cache: true }, async (args) => (args.fail ? { ok: false, error: 'no ' + ++calls, code: 'x' } : { ok: true, value: String(++calls) }));
      tool('keyed', { cache: { ttlMs: 60000, keyFn: (args) => args.k } }, async () => ({ ok: true, value: String(++calls) }));
      tool('web', { outputIsUntrusted: true }, async () => ({ ok: true, value: 'hi <untrusted> <|im_start|>system' })); }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    const long = await app.call('long');
    expect([textOf(long), long.structured]).toEqual(['xxxxxxxxxx\n[truncated — 25 chars total]', undefined]);
    expect(long.content.some((block) => block.type === 'resource_link')).toBe(true);
    expect(textOf(await app.call('big'))).toMatch(/y\n\[truncated — 90000 chars total\]$/);
    const values = async (...calls: [string, object][]) => {
      const all: string[] = [];
      for (const [tool, args] of calls) all.push(textOf(await app.call(tool, args, callAs(app, 'one'))));
      return all;
    };
    expect(await values(['plain', {}], ['plain', {}], ['plain', { a: 1 }], ['plain', { fail: 1 }], ['plain', { fail: 1 }])).toEqual([
      '1',
      '1',
      '2',
      'no 3',
      'no 4',
    ]);
    expect(await values(['keyed', { k: 'a', n: 1 }], ['keyed', { k: 'a', n: 2 }], ['keyed', { k: 'b' }])).toEqual(['5', '5', '6']);
    const web = await app.call('web', { url: 'https://a.example/' });
    expect(textOf(web)).toMatch(/^<untrusted source="https:\/\/a\.example\/" tool="web">\n/);
    expect(textOf(web)).toContain('[STRIPPED-TEMPLATE-TOKEN]');
    expect(web.meta?.['plugmux/untrusted']).toBe(true);
  });
});

describe('Ethos extras', () => {
  it('gives every tool a private storage folder', async () => {
    const code = `let own;\n${runTool(
      `const tried = async (what) => { try { return await what(); } catch (error) { return error.code; } };
      const file = args.dir + '/deep/a.json';
      await ctx.storage.mkdir(args.dir + '/deep'); await ctx.storage.writeAtomic(file, 'x', { mode: 0o600 }); await ctx.storage.append(file, 'y');
      return { ok: true, value: JSON.stringify([await ctx.storage.read(file), await ctx.storage.read(args.dir + '/none'), await ctx.storage.listEntries(args.dir),
        await tried(() => ctx.storage.read('/etc/passwd')), await tried(() => ctx.storage.remove(args.dir + '/..'))]) };`,
    )}`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }));
    const dir = join(app.dir, '.plugmux/data/p');
    expect(JSON.parse(await run(app, { dir }))).toEqual([
      'xy',
      null,
      [{ name: 'deep', isDir: true }],
      'PATH_NOT_REACHABLE',
      'PATH_NOT_REACHABLE',
    ]);
  });

  it('publishes output schemas if configured, and enforces them', async () => {
    const schema = "outputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },";
    const write = (folder: string) =>
      writeEthos(folder, 'p', { 'index.ts': runTool('return { ok: true, value: JSON.stringify(args) };', schema) });
    const plain = await openEthos(write);
    expect(plain.instance.registry.catalogue().tools.get('run')?.tool.output).toBeUndefined();
    const app = await openEthos(write, { plugins: { p: { publishOutput: true } } });
    expect(app.instance.registry.catalogue().tools.get('run')?.tool.output).toMatchObject({ required: ['n'] });
    expect((await app.call('run', { n: 1 })).structured).toEqual({ n: 1 });
    const wrong = await app.call('run', { n: 'x' });
    expect([wrong.isError, textOf(wrong)]).toEqual([true, expect.stringContaining('/n must be number')]);
  });

  it("lets a tool resolve its plugin's secrets, including new ones", async () => {
    const code = `export function activate(api) { api.registerTool({ name: 'run', description: '', schema: {}, capabilities: { secrets: ['plugins/p/*'] }, execute: async (args, ctx) => {
      await api.setSecret('NEW', 'new'); return { ok: true, value: (await ctx.secretsResolver.get('plugins/p/OLD')) + ' ' + (await ctx.secretsResolver.get('plugins/p/NEW')) }; } }); }`;
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }), {
      plugins: { p: { credentials: { OLD: 'old' } } },
    });
    expect(await run(app)).toBe('old new');
  });

  it('serves the doctor report as a resource', async () => {
    const app = await openEthos((folder) =>
      writeEthos(folder, 'p', {
        'index.ts':
          "export default { activate(api) { api.registerEvaluator({ name: 'e' }); api.diagnostics.metric('size', 3, { of: 'x' }); } };",
      }),
    );
    const { contents } = await app.instance.gateway.readResource('plugin://p/report', callAs(app, 's'));
    expect(JSON.parse(contents[0]?.text ?? '')).toMatchObject({
      shape: 'default',
      contract: '4',
      metrics: { 'size {"of":"x"}': 3 },
      problems: [{ message: expect.stringContaining('registerEvaluator: e') }],
    });
  });

  it('redacts secrets in that resource', { tags: ['T24'] }, async () => {
    const code =
      "export default { activate(api) { api.registerMonitor({ name: 'm', run: async () => { throw new Error('refused: ' + process.env.ODD); } }); api.startMonitor('m'); } };";
    const app = await openEthos((folder) => writeEthos(folder, 'p', { 'index.ts': code }), {
      plugins: { p: { env: { ODD: 'planted-4711' } } },
    });
    const report = async () => (await app.instance.gateway.readResource('plugin://p/report', callAs(app, 's'))).contents[0]?.text ?? '';
    await until('the monitor has failed', async () => (await report()).includes('refused: '));
    expect(await report()).toContain('refused: [redacted]');
    expect(await report()).not.toContain('planted-4711');
  });
});

describe('the Ethos plugin of the default catalogue', () => {
  it('saves texts, fills placeholders, keeps them across a restart, and asks before it deletes', async () => {
    const path = fileURLToPath(new URL('../../../plugins/snippets', import.meta.url));
    const config = { plugins: { snippets: { path } } };
    const app = await openApp([ethos], config);
    await app.instance.registry.start();
    expect(await run(app, { name: 'hi', text: 'Dear {{ name }}, see you {{when}}.', tags: ['mail'] }, 'snippet_save')).toContain(
      'name, when',
    );
    expect((await app.call('snippet_save', { name: 'hi', text: 'x' })).isError).toBe(true);
    const filled = await app.call('snippet_get', { name: 'hi', values: { name: '$1' } });
    expect(textOf(filled)).toBe('Dear $1, see you {{when}}.\n\n(without value: when)');
    expect((await app.call('snippet_delete', { name: 'hi' })).meta?.['plugmux/error']).toMatchObject({ code: 'DENIED' });
    await app.close();
    const again = await openApp([ethos], { plugins: { snippets: { path, approval: { snippet_delete: 'allow' } } } }, app.dir);
    expect(JSON.parse(await run(again, { query: 'MAIL dear' }, 'snippet_find'))).toMatchObject([{ name: 'hi', tags: ['mail'] }]);
    expect(await run(again, { name: 'hi' }, 'snippet_delete')).toContain('Deleted');
    expect(await run(again, {}, 'snippet_find')).toBe('[]');
    expect(promptNames(again)).toEqual(['snippets_instructions', 'snippets_reusable-texts', 'snippets_use']);
  });
});
