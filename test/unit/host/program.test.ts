import { describe, expect, it, onTestFinished } from 'vitest';
import { toLimits } from '../../../src/config/limits.ts';
import { createHost } from '../../../src/host/host.ts';
import { keepLog } from '../../support/app.ts';
import { processesWith, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

const keep = { get: () => undefined, set: () => undefined, delete: () => undefined } as never;

function start(script: string, command = process.execPath) {
  const { log, lines } = keepLog();
  const host = createHost(
    tempFolder(),
    toLimits({ stopGraceMs: 300 }),
    () => keep,
    log,
    () => undefined,
  );
  onTestFinished(() => host.close());
  const marker = `marker-${Math.random()}`;
  const program = host.spawn({ command, args: ['-e', script], cwd: process.cwd(), env: { MARKER: marker }, log });
  return { host, program, lines, marker };
}

const firstLine = (stream: NodeJS.ReadableStream): Promise<string> =>
  new Promise((resolve) => stream.once('data', (data) => resolve(String(data))));

describe('an external program', () => {
  it('communicates over stdin and stdout; its stderr is logged and kept', async () => {
    const { program, lines } = start(`process.stdin.on('data', (d) => { console.error('heard'); process.stdout.write('back ' + d) })`);
    program.stdin.write('there');
    expect(await firstLine(program.stdout)).toBe('back there');
    await until('stderr is kept', () => program.lastLines(1)[0] === 'heard');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'heard' }));
  });

  it('ends by itself when its stdin is closed', async () => {
    const { program } = start(`process.stdin.resume(); console.log('up')`);
    await firstLine(program.stdout);
    await program.stop();
    expect(await program.exited).toBe('it exited with code 0');
  });

  it('is killed with everything it started, even if it ignores SIGTERM', async () => {
    const { program, marker } = start(`
      require('node:child_process').spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
      process.on('SIGTERM', () => {});
      setInterval(() => {}, 1000);
      console.log('up');`);
    await firstLine(program.stdout);
    expect(processesWith(marker)).toHaveLength(2);
    await program.stop();
    await until('nothing is left', () => processesWith(marker).length === 0);
  });

  it('ends with the host', async () => {
    const { host, program, marker } = start(`setInterval(() => {}, 1000); console.log('up')`);
    await firstLine(program.stdout);
    await host.close();
    expect(processesWith(marker)).toEqual([]);
  });

  it('reports why it ended', async () => {
    const { program } = start(`console.error('no key'); process.exit(3)`);
    expect(await program.exited).toBe('it exited with code 3; its last output: no key');
    const missing = start('', 'no-such-program');
    expect(await missing.program.exited).toBe('the program "no-such-program" was not found');
    expect(missing.program.pid).toBeUndefined();
    const killed = start(`setInterval(() => {}, 1000)`);
    killed.program.kill('it printed too much');
    expect(await killed.program.exited).toBe('it printed too much');
  });
});
