import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connect, type Generation, type Handlers, type TestClient } from '../support/clients.ts';
import { type Serving, serve, writeConfig } from '../support/gateway.ts';
import { freePort } from '../support/http-server.ts';
import { until } from '../support/processes.ts';
import { endsAfterAll, tempFolder } from '../support/temp.ts';

// Questions, progress and completions of the reference server, over each of its transports, for clients of both eras.

const atEnd = endsAfterAll();
const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json')),
  'dist/index.js',
);
const UPSTREAMS = ['stdio', 'http', 'sse'];
let front: Serving;

async function start(kind: 'streamableHttp' | 'sse'): Promise<string> {
  const PORT = String(await freePort());
  const child = spawn(process.execPath, [PROGRAM, kind], { env: { PORT }, stdio: ['ignore', 'ignore', 'pipe'] });
  atEnd(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stderr.on('data', (text) => String(text).includes('port') && resolve(undefined)));
  return `http://127.0.0.1:${PORT}`;
}

beforeAll(async () => {
  const mcpServers = {
    stdio: { command: process.execPath, args: [PROGRAM, 'stdio'] },
    http: { type: 'http', url: `${await start('streamableHttp')}/mcp` },
    sse: { type: 'sse', url: `${await start('sse')}/sse` },
  };
  front = await serve(writeConfig({ mcpServers }, [], tempFolder(atEnd)), { atEnd });
  const client = await connect('v2 legacy', front.at('http'), {}, atEnd);
  await until('every server is listed', async () => {
    const tools = await client.list();
    return UPSTREAMS.every((id) => tools.includes(`${id}_trigger-sampling-request`));
  });
});

const CASES = UPSTREAMS.flatMap((upstream) => (['v1', 'v2 modern'] as const).map((g): [string, Generation] => [upstream, g]));

describe.each(CASES)('the reference server over %s, a client of %s', (upstream, generation) => {
  const open = (handlers: Handlers = {}): Promise<TestClient> => connect(generation, front.at('http'), handlers);
  const textOf = async (client: TestClient, tool: string, args: object = {}): Promise<string> =>
    JSON.stringify((await client.call(`${upstream}_${tool}`, args)).content);

  it('asks the user and the model', { tags: ['F20'] }, async () => {
    const visited: unknown[] = [];
    const client = await open({
      elicit: ({ mode, url }) => {
        if (mode !== 'url') return { action: 'accept', content: { name: 'Ada', check: true } };
        visited.push(url);
        return { action: 'accept' };
      },
      sample: () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'deep thought' } }),
    });
    expect(await textOf(client, 'trigger-elicitation-request')).toContain('Ada');
    expect(await textOf(client, 'trigger-sampling-request', { prompt: 'think' })).toContain('deep thought');
    const url = `https://example.com/${generation.replace(' ', '-')}`;
    expect(await textOf(client, 'trigger-url-elicitation', { url })).toContain('accept');
    // This server rejects a call until the user has visited a URL, and never reports that they have.
    expect(await textOf(client, 'trigger-url-elicitation', { url, errorPath: true })).toContain('accept');
    expect(visited).toEqual([url, 'https://modelcontextprotocol.io', url]);
  });

  it('reports progress, and completes arguments', async () => {
    const client = await open();
    const seen: number[] = [];
    const run = { duration: 0.4, steps: 4 };
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    await client.call(`${upstream}_trigger-long-running-operation`, run, { onprogress });
    expect(seen).toEqual([1, 2, 3, 4]);
    const raw = client.raw as Extract<TestClient['raw'], { complete: unknown }>;
    const templates = (await raw.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate);
    const uri = templates.find((template) => template.includes('text')) as string;
    const read = await raw.readResource({ uri: uri.replace(/\{\w+\}/, '1') });
    expect(read.contents[0]).toMatchObject({ text: expect.stringContaining('Resource 1') });
    const { prompts } = await raw.listPrompts();
    const name = prompts.find((prompt) => prompt.name.endsWith('completable-prompt') && prompt.name.includes(upstream))?.name as string;
    const { completion } = await raw.complete({ ref: { type: 'ref/prompt', name }, argument: { name: 'department', value: 'E' } });
    expect(completion.values).toEqual(['Engineering']);
  });
});
