import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connect, type TestClient } from '../../support/clients.ts';
import { BIN, run, type Serving, serve } from '../../support/gateway.ts';
import { hasPython } from '../../support/python.ts';
import { tempFolder } from '../../support/temp.ts';
import { withoutGo } from '../../support/toolchains.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A format with the texts of its fixture "echo" that a changed release replaces. */
interface Format {
  readonly format: string;
  readonly tool: string;
  /** The file with the texts, below the fixtures of the format. */
  readonly file: string;
  readonly description: string;
  /** The file with the instructions. */
  readonly instructions?: string;
  readonly missing?: string | undefined;
}

const python = hasPython || process.env.CI === 'true' ? undefined : 'python3 3.10 or later is not installed';
const FORMATS: readonly Format[] = [
  {
    format: 'talos',
    tool: 'echo_echo',
    file: 'echo/manifest.json',
    description: 'Returns its message',
    instructions: 'echo/prompt.md',
  },
  { format: 'ethos', tool: 'echo', file: 'echo/index.ts', description: 'Returns its message' },
  ...['jaato', 'scaiwave'].map((format): Format => {
    const file = 'echo/__init__.py';
    return { format, tool: 'echo', file, description: 'Returns its message', instructions: file, missing: python };
  }),
  { format: 'squadron', tool: 'plugins_echo_echo', file: 'echo/main.go', description: 'Says it back', missing: withoutGo() },
  { format: 'mcp', tool: 'echo', file: 'serve.mjs', description: 'Says its name' },
];

/** A copy of a fixture that can be changed, and its configuration. */
function setUp({ format, file: changed, description }: Format) {
  const dir = tempFolder();
  const fixtures = join(ROOT, 'test/fixtures', format);
  cpSync(join(fixtures, 'echo'), join(dir, 'parts/echo'), { recursive: true });
  if (format === 'mcp') {
    const text = readFileSync(join(fixtures, 'serve.mjs'), 'utf8').replace('description: tool', `description: '${description}'`);
    writeFileSync(join(dir, 'parts/serve.mjs'), text);
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  }
  const server = { command: process.execPath, args: [join(dir, 'parts/echo/server.mjs')] };
  const config = join(dir, 'mcp.json');
  const entry = { plugins: { echo: { path: './parts/echo' } } };
  writeFileSync(
    config,
    JSON.stringify({ ...(format === 'mcp' ? { mcpServers: { echo: server } } : entry), profiles: { search: { mode: 'search' } } }),
  );
  mkdirSync(join(dir, 'home'), { recursive: true });
  const replace = (from: string, to: string, of = changed): void => {
    const file = join(dir, 'parts', of);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
  };
  const plugmux = (...args: string[]) => run([...args, '--config', config]);
  return { config, replace, plugmux };
}

async function seen(gateway: Serving, tool: string) {
  const client = await connect('v1', gateway.at('http'));
  const raw = client.raw as unknown as Record<string, (params?: object) => Promise<Record<string, { name?: string; uri?: string }[]>>>;
  const [{ prompts = [] } = {}, { resources = [] } = {}] = await Promise.all([raw.listPrompts?.(), raw.listResources?.()]);
  const code = await codeOf(client, tool, { message: 'x' });
  const search = await connect('v1', gateway.at('http', 'search'));
  const found = await search.call('find_tools', { query: tool });
  return {
    tools: await client.list(),
    prompts: prompts.map(({ name }) => name).filter((name) => name !== 'approvals'),
    resources: resources.map(({ uri }) => uri).filter((uri) => uri?.includes('instructions')),
    told: ((client.raw as { getInstructions?: () => string }).getInstructions?.() ?? '').includes('hear'),
    code,
    inSearch: await codeOf(search, 'call_tool', { name: tool, arguments: { message: 'x' } }),
    found: JSON.stringify(found.content).includes('"name\\":\\"'),
  };
}

async function codeOf(client: TestClient, name: string, args: object): Promise<string | undefined> {
  return ((await client.call(name, args))._meta?.['plugmux/error'] as { code: string } | undefined)?.code;
}

describe.each(FORMATS)('a lock file over a plugin of the format $format', (format) => {
  const { tool, description, instructions, missing } = format;
  const define = missing === undefined ? it : it.skip;

  define(
    'withholds a changed tool and changed instructions until they are accepted',
    { tags: ['lock-withheld'], timeout: 240_000 },
    async () => {
      const { config, replace, plugmux } = setUp(format);
      expect(await plugmux('lock')).toMatchObject({ code: 0, stderr: '' });
      expect(await plugmux('lock', '--check')).toMatchObject({ code: 0, stdout: 'Nothing differs.\n' });
      const speaks = instructions !== undefined;
      const texts = { prompts: speaks ? ['echo_instructions'] : [], resources: speaks ? [expect.stringContaining('echo')] : [] };
      const whole = { tools: [tool], ...texts, told: speaks, code: undefined, inSearch: undefined, found: true };
      const first = await serve(config, { bin: BIN });
      expect(await seen(first, tool)).toEqual(whole);
      await first.stop();

      replace(description, `${description}, and sends it away`);
      if (speaks) replace('to hear yourself', 'to hear others', instructions);
      const withheld = {
        tools: [],
        prompts: [],
        resources: [],
        told: false,
        code: 'TOOL_WITHHELD',
        inSearch: 'TOOL_WITHHELD',
        found: false,
      };
      // The second start answers from what the first one has stored.
      for (const start of [1, 2]) {
        const gateway = await serve(config, { bin: BIN });
        expect([start, await seen(gateway, tool)]).toEqual([start, withheld]);
        await gateway.stop();
      }
      const diff = await plugmux('lock', '--diff');
      expect([diff.code, diff.stdout]).toEqual([0, expect.stringMatching(/^echo › echo: changed\n {2}.*\[\+, and sends it away\+\]/m)]);
      if (speaks) expect(diff.stdout).toMatch(/^echo › instructions: changed\n {2}.*\[-yourself-\]\[\+others\+\]/m);
      expect((await plugmux('lock', '--check')).code).toBe(1);

      const accepted = await serve(config, { bin: BIN });
      expect((await plugmux('lock', '--accept', tool)).code).toBe(0);
      const client = await connect('v1', accepted.at('http'));
      await expect.poll(() => client.list(), { timeout: 10_000 }).toEqual([tool]);
      expect(await codeOf(client, tool, { message: 'x' })).toBeUndefined();
      if (speaks) expect((await plugmux('lock', '--check')).stdout).toMatch(/^echo › instructions: changed/);
      expect((await plugmux('lock', '--accept-plugin', 'echo')).code).toBe(0);
      expect((await plugmux('lock', '--check')).code).toBe(0);
      await accepted.stop();
      expect(await seen(await serve(config, { bin: BIN }), tool)).toEqual(whole);
    },
  );
});
