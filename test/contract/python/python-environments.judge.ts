import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jaato } from '../../../dist/adapters/jaato/adapter.js';
import { openApp, textOf } from '../../support/app.ts';
import { pluginText, writeFiles } from '../../support/jaato.ts';
import { describeWithPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';
import { settled, writeWheel } from '../../support/wheels.ts';

// Environments that pip creates repeatedly.

// A package with its own build backend, since others would be downloaded.
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

describeWithPython('the Python environment of a source', () => {
  it('is deleted a day after its source got another one', { timeout: 600_000 }, async () => {
    const dir = tempFolder();
    const envs = join(dir, '.plugmux', 'envs');
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }), 'q.py': pluginText('q', { other: '2' }) });
    const wheels = ['one', 'two'].map((name) => writeWheel(dir, name, { [`${name}.py`]: '' }));
    const start = async (install: readonly string[], more: object = {}) => {
      const app = await openApp([jaato], { plugins: { p: { path: './p.py', install }, ...more } }, dir);
      await app.instance.registry.start();
      expect(app.instance.registry.plugins().map(({ state }) => state)).not.toContain('failed');
      await app.close();
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
    // An environment that another source uses stays.
    await start(wheels.slice(0, 1), { q: { path: './q.py', install: wheels.slice(0, 1) } });
    ages(2);
    expect(await start(wheels.slice(1))).toContain(first);
    expect(await start(wheels.slice(1))).toContain(first);
  });

  it("fails with pip's last output, and leaves no partial environment", { timeout: 600_000 }, async () => {
    const dir = tempFolder();
    writeFiles(dir, { 'p.py': pluginText('p', { answer: '1' }), 'requirements.txt': './no-such-file.whl\n' });
    const app = await openApp([jaato], { plugins: { p: { path: './p.py', requirements: './requirements.txt' } } }, dir);
    void app.instance.registry.start();
    await settled(app, 'failed');
    const error = app.instance.registry.plugins()[0]?.error;
    expect(error).toMatchObject({ code: 'DEPENDENCY_MISSING' });
    expect(error?.message).toMatch(/pip could not install .*no-such-file\.whl/);
    expect(readdirSync(join(dir, '.plugmux', 'envs'))).toEqual([]);
  });

  it('resolves local packages relative to the file that names them', { timeout: 600_000 }, async () => {
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
      const app = await openApp([jaato], { plugins: { p: { path: './p.py', ...more } } }, dir);
      void app.instance.registry.start();
      await settled(app, 'ready');
      expect(textOf(await app.call('answer'))).toBe(answer);
      await app.close();
    }
  });

  it('is recreated only if a local package has changed', { timeout: 600_000 }, async () => {
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
      const app = await openApp([jaato], { plugins: { p: { path: './p.py', requirements: './needs/all.txt' } } }, dir);
      void app.instance.registry.start();
      await settled(app, 'ready');
      answers.push(textOf(await app.call('answer')));
      expect(app.lines.some((line) => line.message.startsWith('making a Python environment'))).toBe(known !== true);
      await app.close();
    }
    expect(answers).toEqual(['one', 'one', 'two']);
  });
});
