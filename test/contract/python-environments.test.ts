import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { jaato } from '../../dist/adapters/jaato/adapter.js';
import { BIN } from '../support/gateway.ts';
import { type House, openHouse, textOf } from '../support/house.ts';
import { distribution, pluginText, writeFiles } from '../support/jaato.ts';
import { processesWith, until } from '../support/processes.ts';
import { describeWithPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

// Packages are wheels made here, so that nothing depends on a network.
function writeWheel(dir: string, name: string, files: Readonly<Record<string, string>>): string {
  const wheel = `${name}-1.0-py3-none-any.whl`;
  const info = `${name}-1.0.dist-info`;
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  };
  const code =
    'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n    for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)';
  execFileSync('python3', ['-c', code, join(dir, wheel), JSON.stringify(all)]);
  return join(dir, wheel);
}

// A package that builds itself, where others need a tool from the network.
const BACKEND = `import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    os.makedirs("build", exist_ok=True)
    open("build/left", "a").write("x")
    with zipfile.ZipFile(os.path.join(folder, "tiny-1.0-py3-none-any.whl"), "w") as wheel:
        wheel.write("tiny.py")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return "tiny-1.0-py3-none-any.whl"
`;

const settled = (house: House, state: string) => until(`it is ${state}`, () => house.app.registry.plugins()[0]?.state === state, 60_000);

describeWithPython('the Python environment of a source', () => {
  it('is made with what the source needs, once, and used again without any network', { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    const wheel = writeWheel(dir, 'tiny', { 'tiny.py': 'ANSWER = "from the wheel"\n' });
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '__import__("tiny").ANSWER', where: '__import__("sys").prefix' }) });
    const config = { plugins: { p: { path: './p.py', install: [wheel] } } };
    const first = await openHouse([jaato], config, dir);
    void first.app.registry.start();
    await settled(first, 'ready');
    expect(textOf(await first.call('answer'))).toBe('from the wheel');
    const place = textOf(await first.call('where'));
    expect(place.startsWith(join(dir, '.plugmux', 'envs'))).toBe(true);
    expect(readdirSync(join(dir, '.plugmux', 'envs'))).toHaveLength(1);
    expect(first.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(true);
    await first.close();

    process.env.PIP_INDEX_URL = 'http://127.0.0.1:9/nothing';
    try {
      const second = await openHouse([jaato], config, dir);
      await second.app.registry.listed(20_000);
      expect(textOf(await second.call('answer'))).toBe('from the wheel');
      expect(second.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(false);
    } finally {
      delete process.env.PIP_INDEX_URL;
    }
    expect(() => execFileSync('python3', ['-c', 'import tiny'], { stdio: 'ignore' })).toThrow();
  });

  it('goes when its source has had another one for a day', { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    const envs = join(dir, '.plugmux', 'envs');
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }), 'q.py': pluginText('q', { other: '2' }) });
    const wheels = ['one', 'two'].map((name) => writeWheel(dir, name, { [`${name}.py`]: '' }));
    const start = async (install: readonly string[], more: object = {}) => {
      const house = await openHouse([jaato], { plugins: { p: { path: './p.py', install }, ...more } }, dir);
      await house.app.registry.start();
      expect(house.app.registry.plugins().map(({ state }) => state)).not.toContain('failed');
      await house.close();
      return readdirSync(envs);
    };
    const [first = ''] = await start(wheels.slice(0, 1));
    const ages = (days: number) => {
      const then = new Date(Date.now() - days * 86_400_000);
      utimesSync(join(envs, first, 'plugmux.json'), then, then);
    };
    expect(await start(wheels.slice(1))).toHaveLength(2);
    expect(await start(wheels.slice(1))).toHaveLength(2);
    ages(2);
    const left = await start(wheels.slice(1));
    expect(left).toHaveLength(1);
    expect(left).not.toContain(first);
    // What another source uses, too, stays.
    await start(wheels.slice(0, 1), { q: { path: './q.py', install: wheels.slice(0, 1) } });
    ages(2);
    expect(await start(wheels.slice(1))).toContain(first);
    expect(await start(wheels.slice(1))).toContain(first);
  });

  it('is refused with what pip said last, and leaves nothing half-made', { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }), 'requirements.txt': './no-such-file.whl\n' });
    const house = await openHouse([jaato], { plugins: { p: { path: './p.py', requirements: './requirements.txt' } } }, dir);
    void house.app.registry.start();
    await settled(house, 'failed');
    const error = house.app.registry.plugins()[0]?.error;
    expect(error).toMatchObject({ code: 'DEPENDENCY_MISSING' });
    expect(error?.message).toMatch(/pip could not install .*no-such-file\.whl/);
    expect(readdirSync(join(dir, '.plugmux', 'envs'))).toEqual([]);
  });

  it('finds packages that lie somewhere from the folder of the file that names them', { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    const files = {
      'p.py': pluginText('p', { answer: '__import__("tiny").ANSWER' }),
      'needs/requirements.txt': './tiny-1.0-py3-none-any.whl\n',
    };
    writeFiles(dir, files);
    writeWheel(dir, 'tiny', { 'tiny.py': 'ANSWER = "beside mcp.json"\n' });
    writeWheel(join(dir, 'needs'), 'tiny', { 'tiny.py': 'ANSWER = "beside the list"\n' });
    for (const [more, answer] of [
      [{ install: ['./tiny-1.0-py3-none-any.whl'] }, 'beside mcp.json'],
      [{ requirements: './needs/requirements.txt' }, 'beside the list'],
    ] as const) {
      const house = await openHouse([jaato], { plugins: { p: { path: './p.py', ...more } } }, dir);
      void house.app.registry.start();
      await settled(house, 'ready');
      expect(textOf(await house.call('answer'))).toBe(answer);
      await house.close();
    }
  });

  it('is made anew when a package that lies somewhere has changed, and only then', { timeout: 120_000 }, async () => {
    const dir = tempFolder();
    writeFiles(dir, {
      'p.py': pluginText('p', { answer: '__import__("tiny").ANSWER' }),
      'needs/all.txt': '-r more/tiny.txt\n',
      'needs/more/tiny.txt': '../tiny\n',
      'tiny/pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
      'tiny/backend.py': BACKEND,
    });
    const answers = [];
    for (const [text, known] of [['one'], ['one', true], ['two']] as const) {
      writeFiles(dir, { 'tiny/tiny.py': `ANSWER = "${text}"\n` });
      const house = await openHouse([jaato], { plugins: { p: { path: './p.py', requirements: './needs/all.txt' } } }, dir);
      void house.app.registry.start();
      await settled(house, 'ready');
      answers.push(textOf(await house.call('answer')));
      expect(house.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(known !== true);
      await house.close();
    }
    expect(answers).toEqual(['one', 'one', 'two']);
  });

  it('that is being made dies with its gateway, with all that makes it', { tags: ['F75'], timeout: 60_000 }, async () => {
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

  it('never takes a package for an option', async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }) });
    const house = await openHouse([jaato], { plugins: { p: { path: './p.py', install: ['--index-url=http://x'] } } }, dir);
    void house.app.registry.start();
    await settled(house, 'failed');
    expect(house.app.registry.plugins()[0]?.error).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('may be one that exists already', { timeout: 60_000 }, async () => {
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
      const house = await openHouse([jaato], { plugins: { weather: { python, entryPoints: ['weather'] } } }, dir);
      await house.app.registry.listed(20_000);
      expect(textOf(await house.call('forecast'))).toBe(join(dir, 'venv'));
      await house.close();
    }
  });
});
