import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scaiwave } from '../../../dist/adapters/scaiwave/adapter.js';
import { openApp, type TestApp, textOf } from '../../support/app.ts';
import { freePort } from '../../support/http-server.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';

// A real database and Redis in a plugin's context: needs a virtual environment with sqlalchemy[asyncio], aiosqlite and redis,
// and a redis-server on PATH.
const python = process.env.PLUGMUX_TEST_SCAIWAVE ?? '';
const ci = process.env.CI === 'true';
const SERVER = 'redis-server';
const hasServer = spawnSync(SERVER, ['--version']).status === 0;

const PLUGIN = `
import asyncio
from app.plugins.base import BasePlugin
from app.plugins.protocol import PluginManifest, ToolDefinition


class Services(BasePlugin):
    @property
    def manifest(self):
        names = ["setup", "add", "add_and_fail", "count", "remember", "recall", "same"]
        return PluginManifest("acme.services", "Services", "1.0.0", "", [ToolDefinition(n, n, {}) for n in names])

    async def execute_tool(self, tool_name, args, ctx):
        if tool_name in ("remember", "recall"):
            if tool_name == "remember":
                await ctx.redis.set("word", "kept")
            return (await ctx.redis.get("word") or b"nothing").decode()
        from sqlalchemy import text
        if tool_name == "setup":
            await ctx.db.execute(text("create table notes (body text)"))
        elif tool_name == "count":
            return str((await ctx.db.execute(text("select count(*) from notes"))).scalar_one())
        elif tool_name == "same":
            old, self.session = getattr(self, "session", None), ctx.db
            return str(old is ctx.db)
        else:
            await ctx.db.execute(text("insert into notes values ('x')"))
            if tool_name == "add_and_fail":
                raise RuntimeError("after the insert")
        await ctx.db.commit()
        return "done"
`;

async function open(entry: object): Promise<TestApp> {
  const dir = tempFolder();
  writeFileSync(join(dir, 'services.py'), PLUGIN);
  const app = await openApp([scaiwave], { plugins: { services: { path: './services.py', ...entry } } }, dir);
  await app.instance.registry.start();
  return app;
}

const run = async (app: TestApp, name: string) => textOf(await app.call(name));

describeWithPython('what the context of ScaiWave plugins lacks', () => {
  it.each([
    ['dbUrl', 'sqlite+aiosqlite:///notes.db'],
    ['redisUrl', 'redis://127.0.0.1:1'],
  ])('is reported at start: %s', async (key, address) => {
    const app = await open({ context: { [key]: address }, python: 'python3' });
    const error = app.instance.registry.plugins()[0]?.error;
    // Not reported if the plain interpreter has the packages.
    if (error === undefined) return;
    expect(error).toMatchObject({ code: 'DEPENDENCY_MISSING', message: expect.stringContaining(`"${key}" requires the package `) });
    expect(error.fix).toContain('"install"');
  });
});

const services = (): void => {
  it('is a separate session for every call, rolled back if the call fails', async () => {
    const app = await open({ python, context: { dbUrl: 'sqlite+aiosqlite:///notes.db' } });
    expect(app.instance.registry.plugins()[0]?.error).toBeUndefined();
    expect(await run(app, 'setup')).toBe('done');
    expect(await run(app, 'add')).toBe('done');
    expect((await app.call('add_and_fail')).isError).toBe(true);
    expect(await run(app, 'count')).toBe('1');
    expect([await run(app, 'same'), await run(app, 'same')]).toEqual(['False', 'False']);
    await Promise.all(Array.from({ length: 12 }, () => app.call('add')));
    expect(await run(app, 'count')).toBe('13');
  });

  it('rejects invalid URLs at start without printing them', async () => {
    for (const [key, address] of [
      ['dbUrl', 'no address, secret-word'],
      ['redisUrl', 'ftp://secret-word@here'],
    ] as const) {
      const app = await open({ python, context: { [key]: address } });
      const error = app.instance.registry.plugins()[0]?.error;
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${key}" is not a usable URL`) });
      expect(JSON.stringify(error)).not.toContain('secret-word');
    }
    const app = await open({ python, context: { dbUrl: 'postgresql+asyncpg://secret-word@here/x' } });
    expect(app.instance.registry.plugins()[0]?.error).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringContaining('asyncpg'),
    });
  });
};

const redis = (): void => {
  it('is a client of the configured server', async () => {
    const port = await freePort();
    const server = spawn(SERVER, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
    onTestFinished(() => void server.kill('SIGKILL'));
    await new Promise<void>((resolve, reject) => {
      server.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('Ready to accept') && resolve());
      server.once('exit', () => reject(new Error('redis-server ended')));
    });
    const app = await open({ python, context: { redisUrl: `redis://127.0.0.1:${port}/0` } });
    expect([await run(app, 'recall'), await run(app, 'remember'), await run(app, 'recall')]).toEqual(['nothing', 'kept', 'kept']);
    server.kill('SIGKILL');
    const gone = await app.call('recall');
    expect([gone.isError, textOf(gone)]).toEqual([true, 'recall failed: ConnectionError']);
  });
};

const suite = (name: string, missing: string | undefined, body: () => void): void => {
  if (missing === undefined || ci) describe(name, body);
  else describe.skip(`${name} (${missing})`, body);
};
const noEnvironment = existsSync(python)
  ? undefined
  : 'PLUGMUX_TEST_SCAIWAVE names no environment with sqlalchemy[asyncio], aiosqlite and redis';
suite('ctx.db of ScaiWave plugins', noEnvironment, services);
suite('ctx.redis of ScaiWave plugins', noEnvironment ?? (hasServer ? undefined : 'there is no redis-server'), redis);
