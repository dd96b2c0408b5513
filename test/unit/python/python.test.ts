import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWithPython } from '../../support/python.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

// The tests of the bridge are written in Python; each file is one test here.
describeWithPython('the Python bridge', () => {
  for (const file of readdirSync(HERE).filter((name) => name.startsWith('test_') && name.endsWith('.py'))) {
    it(file, { timeout: 120_000 }, () => {
      const { status, stderr } = spawnSync('python3', ['-m', 'unittest', file.replace(/\.py$/, '')], {
        cwd: HERE,
        encoding: 'utf8',
        // A test that hangs is a failure.
        timeout: 100_000,
        env: { ...process.env, PYTHONPATH: `${ROOT}/src/host/python:${HERE}`, PYTHONDONTWRITEBYTECODE: '1' },
      });
      expect(stderr).toMatch(/^Ran [1-9]\d* tests?/m);
      expect(status, stderr).toBe(0);
    });
  }
});
