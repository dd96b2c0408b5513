import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { openApp, textOf } from '../../support/app.ts';
import { BIN } from '../../support/gateway.ts';
import { distribution, pluginText, writeFiles } from '../../support/jaato.ts';
import { processesWith, until } from '../../support/processes.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';
import { settled, writeWheel } from '../../support/wheels.ts';

describeWithPython('the Python environment of a source', () => {
  it("is created once with the source's requirements, and reused without network", { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    const wheel = writeWheel(dir, 'tiny', { 'tiny.py': 'ANSWER = "from the wheel"\n' });
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '__import__("tiny").ANSWER', where: '__import__("sys").prefix' }) });
    const config = { plugins: { p: { path: './p.py', install: [wheel] } } };
    const first = await openApp([jaato], config, dir);
    void first.instance.registry.start();
    await settled(first, 'ready');
    expect(textOf(await first.call('answer'))).toBe('from the wheel');
    const place = textOf(await first.call('where'));
    expect(place.startsWith(join(dir, '.plugmux', 'envs'))).toBe(true);
    expect(readdirSync(join(dir, '.plugmux', 'envs'))).toHaveLength(1);
    expect(first.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(true);
    await first.close();

    process.env.PIP_INDEX_URL = 'http://127.0.0.1:9/nothing';
    try {
      const second = await openApp([jaato], config, dir);
      await second.instance.registry.whenListed(20_000);
      expect(textOf(await second.call('answer'))).toBe('from the wheel');
      expect(second.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(false);
    } finally {
      delete process.env.PIP_INDEX_URL;
    }
    expect(() => execFileSync('python3', ['-c', 'import tiny'], { stdio: 'ignore' })).toThrow();
  });

  it('in creation ends with its gateway, with all its processes', { tags: ['F75'], timeout: 60_000 }, async () => {
    const dir = tempFolder();
    const mark = `mark-${Math.random()}`;
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }), python: `#!/bin/sh\nsh -c 'sleep 60; : ${mark}' &\nwait\n` });
    chmodSync(join(dir, 'python'), 0o755);
    const file = join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ plugins: { p: { path: './p.py', python: './python', install: ['tiny==1.0'] } } }));
    const gateway = spawn(process.execPath, [BIN, 'serve', '--http', '127.0.0.1:0', '--config', file], { stdio: 'ignore' });
    onTestFinished(() => void gateway.kill('SIGKILL'));
    await until('it is being made', () => processesWith(`: ${mark}`).length > 0);
    gateway.kill('SIGKILL');
    await until('nothing is left', () => processesWith(mark).length === 0, 30_000);
  });

  it('never parses a package name as an option', async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }) });
    const app = await openApp([jaato], { plugins: { p: { path: './p.py', install: ['--index-url=http://x'] } } }, dir);
    void app.instance.registry.start();
    await settled(app, 'failed');
    expect(app.instance.registry.plugins()[0]?.error).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('that requires another Python reports that, not a network error', { tags: ['python-version'], timeout: 60_000 }, async () => {
    const dir = tempFolder();
    const wheel = writeWheel(dir, 'tiny', { 'tiny.py': '' }, 'Requires-Python: >=3.99\n');
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }) });
    const app = await openApp([jaato], { plugins: { p: { path: './p.py', install: [wheel] } } }, dir);
    void app.instance.registry.start();
    await settled(app, 'failed');
    const [plugin] = app.instance.registry.plugins();
    expect(plugin?.error?.fix).toBe('The package needs another version of Python (>=3.99): set "python" in mcp.json to one.');
  });

  it('may be an existing one', { timeout: 60_000 }, async () => {
    const dir = tempFolder();
    execFileSync('python3', ['-m', 'venv', '--without-pip', join(dir, 'venv')]);
    const [lib] = readdirSync(join(dir, 'venv/lib'));
    const installed = distribution(
      'acme',
      { weather: 'acme:create_plugin' },
      { 'acme.py': pluginText('weather', { forecast: 'os.environ["VIRTUAL_ENV"]' }) },
    );
    writeFiles(join(dir, 'venv/lib', lib as string, 'site-packages'), installed);
    for (const python of ['./venv', './venv/bin/python']) {
      const app = await openApp([jaato], { plugins: { weather: { python, entryPoints: ['weather'] } } }, dir);
      await app.instance.registry.whenListed(20_000);
      expect(textOf(await app.call('forecast'))).toBe(join(dir, 'venv'));
      await app.close();
    }
  });
});
