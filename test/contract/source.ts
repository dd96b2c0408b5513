import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mcp } from '../../dist/adapters/mcp/adapter.js';
import type { Adapter } from '../../dist/src/core/contract/adapter.js';
import { openApp, type TestApp, textOf } from '../support/app.ts';
import { SERVER, type Told } from '../support/folders.ts';
import { processesWith, until } from '../support/processes.ts';
import { tempFolder } from '../support/temp.ts';

/** What a format provides whose plugins are texts: they yield servers or have skills, and have no process of their own. */
export interface SourceSuite {
  readonly adapter: Adapter;
  readonly format: string;
  /** Writes a plugin below a folder and returns its path. `server`: the code of its server, if the format has any. */
  write(dir: string, server: string): string;
  /** The id of its server below the plugin, if it yields one. */
  readonly server?: string;
  /** The name of its skill, if it has one. */
  readonly skill?: string;
}

/** Tests the requirements for every format of this kind, with real servers. */
export function testSource({ adapter, format, write, server, skill }: SourceSuite): void {
  const open = async (entry: object = {}, dir = tempFolder()): Promise<TestApp & { readonly path: string }> => {
    const path = write(dir, SERVER);
    const app = await openApp([adapter, mcp], { plugins: { it: { format, path, ...entry } } }, dir);
    await app.instance.registry.start();
    return { ...app, path };
  };
  const statesOf = ({ instance }: TestApp): object => Object.fromEntries(instance.plugins().map(({ id, state }) => [id, state]));

  describe(`contract of sources: ${format}`, () => {
    it('reading starts nothing and leaves the plugin as it is', async () => {
      const dir = tempFolder();
      const path = write(dir, SERVER);
      const before = digestOf(path);
      const app = await openApp([adapter, mcp], { plugins: { it: { format, path } } }, dir);
      expect(app.instance.plugins().map(({ id }) => id)).toEqual(server === undefined ? ['it'] : ['it', server]);
      expect(app.instance.plugins()[0]?.run).toBeUndefined();
      await app.instance.registry.start();
      expect(digestOf(path)).toBe(before);
    });

    if (server !== undefined)
      it('its server is called below its id, and ends with it', async () => {
        const app = await open();
        expect(statesOf(app)).toEqual({ it: 'ready', [server]: 'ready' });
        const { pid } = JSON.parse(textOf(await app.call('told'))) as Told;
        expect(pid).not.toBe(process.pid);
        await app.reconfigure({ plugins: { it: { format, path: app.path, enabled: false } } });
        expect(statesOf(app)).toEqual({ it: 'disabled', [server]: 'disabled' });
        await until('the server has ended', () => processesWith(app.dir).length === 0);
      });

    if (server !== undefined)
      it('the operator has the last word on its server', async () => {
        const app = await open({ approval: { told: 'deny' }, env: { OF_OPERATOR: 'yes' } });
        await expect(app.call('told')).rejects.toThrow('Unknown tool: told');
        const { env } = JSON.parse(textOf(await app.call('other'))) as Told;
        expect(env.OF_OPERATOR).toBe('yes');
      });

    if (skill !== undefined)
      it('its skill has the bytes and digests of its files', async () => {
        const app = await open();
        const found = [...app.instance.registry.catalogue().skills.values()].find((entry) => entry.skill.name === skill)?.skill;
        const files = (await found?.files({} as never)) as readonly { path: string; digest: string; size: number }[];
        expect(files.map(({ path }) => path)).toContain('SKILL.md');
        for (const { path, digest, size } of files) {
          const { text = '' } = (await found?.read(path, {} as never)) ?? {};
          expect([digest, size]).toEqual([`sha256:${createHash('sha256').update(text).digest('hex')}`, Buffer.byteLength(text)]);
        }
      });

    it('two starts serve the same bytes', async () => {
      const dir = tempFolder();
      const shown = async (): Promise<string> => {
        const app = await open({}, dir);
        const { tools, prompts, skills } = app.instance.registry.catalogue();
        await app.close();
        return JSON.stringify([[...tools.values()].map(({ name, input }) => [name, input]), [...prompts.keys()], [...skills.keys()]]);
      };
      expect(await shown()).toBe(await shown());
    });
  });
}

/** Changes with any name, size or byte below a path. */
function digestOf(path: string): string {
  const hash = createHash('sha256');
  const names = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).map(String).sort() : [''];
  for (const name of names) {
    const file = join(path, name);
    hash.update(`${name}\0`);
    if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
