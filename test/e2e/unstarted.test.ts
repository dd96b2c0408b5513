import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BIN, run, writeConfig } from '../support/gateway.ts';
import { hasPython } from '../support/python.ts';
import { tempFolder } from '../support/temp.ts';

const PLUGIN = `
class P:
    name = "p"
    def get_tool_schemas(self):
        return [{"name": "hi", "description": "d", "parameters": {"type": "object", "properties": {}}}]
    def get_executors(self):
        return {"hi": lambda args: "hi"}

def create_plugin():
    return P()
`;

function script(dir: string, name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

const PEER = fileURLToPath(new URL('../fixtures/hostile-peer.mjs', import.meta.url));
const SHIM = '#!/bin/sh\necho start >> "$0.starts"\necho "shim: version 9.9 is not installed" >&2\nexit 127\n';

describe('a plugin whose interpreter ends before its first message', () => {
  it.skipIf(!hasPython && process.env.CI !== 'true')(
    'is reported by doctor, list and call, next to a healthy one; following the fix repairs it (with Python)',
    { tags: ['start-tries', 'fix-mends'] },
    async () => {
      const dir = tempFolder();
      const shim = script(dir, 'shim.sh', SHIM);
      writeFileSync(join(dir, 'p.py'), PLUGIN);
      const good = { format: 'jaato', path: './p.py', approval: 'allow' };
      const file = writeConfig({ plugins: { bad: { ...good, python: './shim.sh' }, good } }, [], dir);
      const doctor = await run(['doctor', '--config', file], { bin: BIN });
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(
        /^FAILED +bad .*\n.* exited with code 127; its last output: shim: version 9\.9 is not installed\.\n +-> /m,
      );
      expect(doctor.stdout).toMatch(/^ok +good /m);
      expect(readFileSync(`${shim}.starts`, 'utf8')).toBe('start\n'.repeat(3));
      const list = await run(['list', '--config', file], { bin: BIN });
      expect([list.code, list.stdout]).toEqual([
        1,
        expect.stringMatching(/^bad .* (?:failed|restarting) .*code 127.*\n {2}-> Set "python" in mcp\.json to a working interpreter/m),
      ]);
      expect(list.stdout).toMatch(/^good .* ready\n {2}hi/m);
      const call = await run(['call', 'nothing', '--config', file], { bin: BIN });
      expect([call.code, call.stderr]).toEqual([
        2,
        expect.stringMatching(/bad is not served: .*code 127.*version 9\.9.*"python" in mcp\.json/),
      ]);
      expect((await run(['call', 'hi', '--config', file], { bin: BIN })).stdout).toContain('hi');
      // The suggested fix: another interpreter.
      writeConfig({ plugins: { bad: { ...good, python: 'python3' } } }, [], dir);
      expect((await run(['doctor', '--config', file], { bin: BIN })).stdout).toMatch(/^ok +bad /m);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'is reported too if the interpreter is for another machine',
    { tags: ['program-unrunnable'] },
    async () => {
      const dir = tempFolder();
      script(dir, 'python', 'MZ\n');
      writeFileSync(join(dir, 'p.py'), PLUGIN);
      const file = writeConfig({ plugins: { bad: { format: 'jaato', path: './p.py', python: './python' } } }, [], dir);
      const { stdout } = await run(['doctor', '--config', file], { bin: BIN });
      expect(stdout).toMatch(
        /^FAILED +bad .*\n.*python" is a program for Windows\.\n +-> Set "python" in mcp\.json to a working interpreter/m,
      );
    },
  );

  it.skipIf(process.platform !== 'linux')('is reported too if its environment cannot be built', { tags: ['start-tries'] }, async () => {
    const dir = tempFolder();
    script(dir, 'shim.sh', SHIM);
    writeFileSync(join(dir, 'p.py'), PLUGIN);
    const file = writeConfig({ plugins: { bad: { format: 'jaato', path: './p.py', python: './shim.sh', install: ['x==1'] } } }, [], dir);
    const { code, stdout } = await run(['doctor', '--config', file], { bin: BIN });
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/exit code 127.*version 9\.9.*\n +-> Set "python" in mcp\.json to a working interpreter/),
    ]);
  });
});

describe.skipIf(process.platform !== 'linux')('a Squadron plugin that cannot be started', () => {
  it.each([
    ['of another machine', 'MZ\n', 'is a program for Windows'],
    ['no program at all', 'touch "$0.ran"\n', 'is neither a program nor a script'],
    ['a script without its interpreter', '#!/no/such/venv/bin/python\n', 'is a script for /no/such/venv/bin/python'],
    ['one that exits with 127', SHIM, 'code 127; its last output: shim: version 9.9'],
  ])(
    '(%s) is reported at once and never passed to a shell; rebuilding repairs it',
    { tags: ['program-unrunnable', 'fix-mends'] },
    async (_, text, why) => {
      const dir = tempFolder();
      const home = join(dir, 'home');
      const place = join(home, 'plugins', `linux-${process.arch === 'x64' ? 'amd64' : process.arch}`, 'odd', 'local');
      mkdirSync(place, { recursive: true });
      const program = script(place, 'plugin', text);
      const file = writeConfig({ plugins: { odd: { format: 'squadron', version: 'local' } } }, [], dir);
      const doctor = await run(['doctor', '--config', file], { bin: BIN, env: { SQUADRON_HOME: home } });
      expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining(why)]);
      expect(doctor.stdout).toContain(
        `-> Run ${program} by hand to see more, or build it for this machine with \`plugmux plugin build odd <source>\``,
      );
      expect(() => readFileSync(`${program}.ran`)).toThrow();
      writeFileSync(join(place, 'runner.json'), JSON.stringify({ kind: 'go', entry: process.execPath, args: [PEER, 'good'] }));
      expect((await run(['doctor', '--config', file], { bin: BIN, env: { SQUADRON_HOME: home } })).stdout).toMatch(/^ok +odd /m);
    },
  );
});
