import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { squadron } from '../../../dist/adapters/squadron/adapter.js';
import { installFolder } from '../../../dist/adapters/squadron/install/home.js';
import { openApp } from '../../support/app.ts';
import { BIN } from '../../support/gateway.ts';
import { processesWith, until } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';

// Interrupted builds, with a stand-in for the compiler that reports its temporary folder and then runs for long.

interface Place {
  readonly dir: string;
  readonly home: string;
  readonly config: { plugins: object; limits: object };
  /** The compiler's folder, once it runs. */
  folders(): Promise<string[]>;
  readonly mark: string;
}

function prepare(): Place {
  const dir = tempFolder();
  const mark = `mark-${Math.random()}`;
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'slow'));
  writeFileSync(join(dir, 'slow/go.mod'), 'module slow\n');
  const told = join(dir, 'told');
  writeFileSync(
    join(dir, 'bin/go'),
    `#!/bin/sh\nmkdir "$GOTMPDIR/go-build1"\necho half > "$3"\nsh -c 'sleep 60; : ${mark}' &\necho "$GOTMPDIR" "$TMPDIR" > ${told}.new\nmv ${told}.new ${told}\nwait\n`,
  );
  chmodSync(join(dir, 'bin/go'), 0o755);
  const home = join(dir, 'home');
  process.env.SQUADRON_HOME = home;
  return {
    dir,
    home,
    mark,
    config: {
      plugins: {
        slow: { format: 'squadron', source: './slow', version: 'local', env: { PATH: `${join(dir, 'bin')}:${process.env.PATH}` } },
      },
      limits: { stopGraceMs: 300 },
    },
    async folders() {
      await until('it builds', () => existsSync(told));
      return readFileSync(told, 'utf8').trim().split(' ');
    },
  };
}

const left = ({ home }: Place): string[] => {
  const dir = installFolder(home, 'slow', 'local');
  return existsSync(dir) ? readdirSync(dir) : [];
};

describe('an interrupted build', () => {
  it('leaves no process and no file when its gateway ends', { tags: ['F71'] }, async () => {
    const place = prepare();
    const app = await openApp([squadron], place.config, place.dir);
    void app.instance.registry.start();
    const folders = await place.folders();
    await until('its child runs', () => processesWith(place.mark).length > 0);
    await app.close();
    expect(processesWith(place.mark)).toEqual([]);
    expect(folders.filter(existsSync)).toEqual([]);
    expect(left(place)).toEqual([]);
  });

  it('leaves no process and no temporary folder when its gateway is killed; the next build removes the rest', {
    tags: ['F71'],
  }, async () => {
    const place = prepare();
    writeFileSync(join(place.dir, 'mcp.json'), JSON.stringify(place.config));
    const gateway = spawn(process.execPath, [BIN, 'serve', '--http', '127.0.0.1:0', '--config', join(place.dir, 'mcp.json')], {
      stdio: 'ignore',
    });
    onTestFinished(() => void gateway.kill('SIGKILL'));
    const folders = await place.folders();
    gateway.kill('SIGKILL');
    await until('nothing is left', () => processesWith(place.mark).length === 0 && folders.filter(existsSync).length === 0, 20_000);
    expect(left(place)).toHaveLength(1);
    writeFileSync(join(place.dir, 'bin/go'), '#!/bin/sh\necho "#!/bin/sh" > "$3"\nchmod +x "$3"\n');
    const app = await openApp([squadron], place.config, place.dir);
    await app.instance.registry.start();
    expect(left(place).sort()).toEqual(['plugin', 'runner.json']);
  });
});
