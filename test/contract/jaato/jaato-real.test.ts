import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { connect } from '../../support/clients.ts';
import { BIN } from '../../support/gateway.ts';
import { askable } from '../../support/jaato.ts';
import { tempFolder } from '../../support/temp.ts';

// Plugins of the published packages, in a virtual environment with jaato-sdk, jaato-server and google-genai.
const python = process.env.PLUGMUX_TEST_JAATO ?? '';
const SITE = existsSync(join(python, 'lib')) ? join(python, 'lib', readdirSync(join(python, 'lib'))[0] ?? '', 'site-packages') : '';
// Their folders are now in the package of the distribution.
const PLUGINS = [join(SITE, 'jaato_server/shared/plugins'), join(SITE, 'shared/plugins')].find((dir) => existsSync(dir)) ?? '';
const SEARCH = fileURLToPath(new URL('../../fixtures/jaato-seed/shared/plugins/search', import.meta.url));

async function open(plugins: object): Promise<TestApp> {
  const app = await openApp([jaato], { plugins });
  await app.instance.registry.whenListed(60_000);
  return app;
}

const body = (): void => {
  it('loads plugins of the real packages without stand-ins', async () => {
    const names = ['calculator', 'todo', 'cli', 'references', 'memory', 'environment', 'permission'];
    const app = await open({ real: { python, entryPoints: names } });
    expect(app.instance.registry.plugins().map((p) => [p.id, p.state, p.error?.message])).toEqual(
      names.map((n) => [n, 'ready', undefined]),
    );
    for (const { facts } of app.instance.registry.plugins()) {
      expect(facts).toMatchObject({ generation: 'T', distribution: 'jaato-server', stage: 'describe' });
      expect(facts).not.toHaveProperty('standins');
    }
    const result = await app.call('calculate', { expression: '6 * 7' });
    expect(result.isError).toBeFalsy();
    expect(textOf(result)).toContain('42');
  });

  it('runs a plan through the real plugin and its command', async () => {
    const app = await open({ todo: { python, entryPoints: ['todo'] } });
    const created = await app.call('createPlan', { title: 'Garden', steps: ['dig', 'sow'] });
    expect(created.isError).toBeFalsy();
    const command = app.instance.registry.commands('todo').find((c) => c.name === 'plan');
    expect((await command?.run('', app.newCall()))?.isError).toBeFalsy();
  });

  it('lets the real clarification plugin ask the user, question by question', async () => {
    const app = await open({ clarification: { python, path: join(PLUGINS, 'clarification') } });
    const { call, asked } = askable(app, (message) => (message.includes('Which') ? '2' : 'Ada'));
    const questions = [
      { text: 'Which one?', question_type: 'single_choice', choices: ['dev', 'prod'] },
      { text: 'Name?', question_type: 'free_text' },
    ];
    const result = await app.call('request_clarification', { context: 'A release', questions }, call);
    expect(result.structured).toMatchObject({ responses: { 1: { text: 'prod' }, 2: { value: 'Ada' } } });
    expect(asked).toEqual([expect.stringMatching(/A release[\s\S]*Which one\?[\s\S]*2\. prod/), expect.stringContaining('Name?')]);
  });

  it('reads declarations of the real google-genai like those of the stand-in', async () => {
    const real = await open({ search: { path: SEARCH, python } });
    const standIn = await open({ search: { path: SEARCH } });
    const schema = (app: TestApp) => app.instance.registry.catalogue().tools.get('search_index')?.tool.input;
    expect(schema(real)).toBeDefined();
    expect(schema(real)).toEqual(schema(standIn));
    expect(real.instance.registry.plugins()[0]?.facts.standins ?? []).not.toContain('google.genai.types');
  });

  it('lets the real permission plugin ask the user before a command runs', async () => {
    const write = (shell: object): string => {
      const file = join(tempFolder(), 'mcp.json');
      writeFileSync(file, JSON.stringify({ plugins: { guard, shell: { python, entryPoints: ['cli'], ...shell } } }));
      return file;
    };
    const guard = { python, entryPoints: ['permission'], enforceWith: 'permission', settings: { policy: { defaultPolicy: 'ask' } } };
    const asked: string[] = [];
    const answer = (choice: string) => (params: Record<string, unknown>) => {
      asked.push(String(params.message));
      return { action: 'accept', content: { answer: choice } };
    };
    const run = async (choice: string, file: string) => {
      const target = { command: process.execPath, args: [BIN, 'stdio', '--config', file] };
      const client = await connect('v2 auto', target, { elicit: answer(choice) });
      await client.list();
      return client.call('cli_based_tool', { command: 'echo from-the-shell' });
    };
    const allowed = await run('allow', write({}));
    expect(asked).toEqual([expect.stringContaining('echo from-the-shell')]);
    expect(JSON.stringify(allowed.content)).toContain('from-the-shell');
    expect(allowed.isError).toBeFalsy();
    const denied = await run('deny', write({}));
    expect(denied.isError).toBe(true);
    expect(JSON.stringify(denied.content)).toContain('Permission denied');
    // If the operator requires approval, too, the user is asked once.
    asked.length = 0;
    const both = await run('allow', write({ approval: 'ask' }));
    expect(asked).toEqual([expect.stringContaining('Run the tool cli_based_tool of the plugin shell?')]);
    expect(JSON.stringify(both.content)).toContain('from-the-shell');
  });
};

if (existsSync(python) || process.env.CI === 'true') describe('jaato plugins of the published packages', body);
else describe.skip('jaato plugins of the published packages (PLUGMUX_TEST_JAATO names no environment with jaato-server)', body);
