import { describe, expect, it } from 'vitest';
import { connect } from '../support/clients.ts';
import { FIXTURE_BIN, run, serve, writeConfig } from '../support/gateway.ts';

const plugmux = (config: string, ...args: string[]) => run([...args, '--config', config], { bin: FIXTURE_BIN });

describe('approval rules', () => {
  it('hold per format, plugin, tool and profile, each overriding the one before', { tags: ['approval-rules'] }, async () => {
    const path = './consent.fixture';
    const config = writeConfig(
      {
        plugins: {
          free: { path, approval: 'allow' },
          strict: { path, approval: { '*': 'ask', runs: 'inherit', wipe: 'deny' } },
        },
        profiles: {
          loose: { approval: { 'strict_*': 'allow', wipe: 'allow' } },
          tight: { approval: { free_erase: 'ask', consent_erase: 'deny', consent_wipe: 'ask' } },
        },
      },
      ['consent'],
    );
    const gateway = await serve(config);
    const outcomes = async (profile: string | undefined) => {
      let asked = 0;
      const elicit = () => {
        asked++;
        return { action: 'accept', content: {} };
      };
      const client = await connect('v1', gateway.at('http', profile), { elicit });
      const outcome = async (tool: string): Promise<string> => {
        asked = 0;
        const result = await client.call(tool, { what: 'x' }).catch((error: { code: number }) => error.code);
        return typeof result === 'number' ? 'unknown' : asked > 0 ? 'asked' : 'ran';
      };
      const tools = ['erase', 'wipe'].flatMap((tool) => ['consent', 'free', 'strict'].map((plugin) => `${plugin}_${tool}`));
      return Object.fromEntries(await inTurn(tools, async (tool) => [tool, await outcome(tool)] as const));
    };
    expect(await outcomes(undefined)).toEqual({
      consent_erase: 'asked',
      consent_wipe: 'ran',
      free_erase: 'ran',
      free_wipe: 'ran',
      strict_erase: 'asked',
      strict_wipe: 'unknown',
    });
    // A profile can only loosen by names that match exactly this tool.
    expect(await outcomes('loose')).toEqual({
      consent_erase: 'asked',
      consent_wipe: 'ran',
      free_erase: 'ran',
      free_wipe: 'ran',
      strict_erase: 'ran',
      strict_wipe: 'ran',
    });
    expect(await outcomes('tight')).toEqual({
      consent_erase: 'unknown',
      consent_wipe: 'asked',
      free_erase: 'asked',
      free_wipe: 'ran',
      strict_erase: 'asked',
      strict_wipe: 'unknown',
    });
  });

  it('are published as hints that do not loosen anything', async () => {
    const { raw } = await connect('v1', { url: (await serve(writeConfig({}, ['consent']))).url });
    const { tools } = await raw.listTools();
    const published = tools.map(({ name, annotations, _meta }) => [name, annotations, _meta?.['plugmux/approval']]);
    expect(published).toEqual([
      ['erase', { destructiveHint: true }, 'required'],
      ['wipe', undefined, undefined],
      ['runs', { destructiveHint: false }, 'auto'],
    ]);
  });
});

describe('plugmux approvals', () => {
  it('lists tools that need approval, allows one permanently and revokes that', { tags: ['approval-remembered'] }, async () => {
    const config = writeConfig({}, ['consent']);
    const listed = await plugmux(config, 'approvals');
    expect(listed.stdout).toContain('Run without a question (1):\n- runs\n');
    expect(listed.stdout).toContain('plugmux asks the user before each call (1):\n- erase\n');
    expect(listed.stdout).toContain("Left to the client's own confirmation (1):\n- wipe\n");
    const refused = await plugmux(config, 'call', 'erase', '{"what":"x"}');
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('plugmux approvals allow erase')]);
    expect((await plugmux(config, 'approvals', 'allow', 'erase', '--yes')).code).toBe(0);
    expect((await plugmux(config, 'approvals')).stdout).toContain('a user allowed them permanently (1):\n- erase\n');
    expect((await plugmux(config, 'call', 'erase', '{"what":"x"}')).stdout).toContain('erased x');
    expect((await plugmux(config, 'approvals', 'forget', 'erase')).code).toBe(0);
    expect((await plugmux(config, 'call', 'erase', '{"what":"x"}')).code).toBe(1);
  });

  it('allows nothing without a terminal or --yes', { tags: ['approval-person'] }, async () => {
    const config = writeConfig({}, ['consent']);
    const refused = await plugmux(config, 'approvals', 'allow', 'erase');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/requires a terminal[\s\S]*--yes/)]);
    expect((await plugmux(config, 'call', 'erase', '{"what":"x"}')).code).toBe(1);
  });

  it('takes effect in a running gateway', async () => {
    const config = writeConfig({}, ['consent']);
    const client = await connect('v2 modern', { url: (await serve(config)).url });
    expect((await client.call('erase', { what: 'x' })).isError).toBe(true);
    await plugmux(config, 'approvals', 'allow', 'erase', '--yes');
    expect((await client.call('erase', { what: 'x' })).content[0]?.text).toBe('erased x');
  });

  it('names the reason if an approval cannot be added or revoked', async () => {
    const config = writeConfig({ plugins: { asked: { path: './consent.fixture', approval: 'ask' } } }, ['consent']);
    const say = async (...args: string[]) => {
      const { code, stderr } = await plugmux(config, 'approvals', ...args);
      return [code, stderr];
    };
    expect(await say('allow', 'asked_erase')).toEqual([2, expect.stringContaining('mcp.json requires approval')]);
    expect(await say('allow', 'consent_wipe')).toEqual([2, expect.stringContaining('needs no approval')]);
    expect(await say('forget', 'consent_erase')).toEqual([2, expect.stringContaining('was not allowed')]);
    expect(await say('allow', 'consent_erasse')).toEqual([2, expect.stringContaining('Did you mean consent_erase')]);
    expect(await say('allow')).toEqual([2, expect.stringContaining('No tool was named')]);
    expect(await say('permit', 'consent_erase')).toEqual([2, expect.stringContaining('list, allow or forget')]);
    expect(await say('list', '--profile', 'none')).toEqual([2, expect.stringContaining('no profile')]);
  });
});

describe('the prompt "approvals"', () => {
  it.each(['v1', 'v2 modern'] as const)(
    'lists the tools of this profile that need approval, and how to change that: client %s',
    async (generation) => {
      const config = writeConfig({ profiles: { calm: { plugins: ['consent'], approval: { erase: 'allow' } }, bare: { prompts: [] } } }, [
        'consent',
        'plain',
      ]);
      const gateway = await serve(config);
      const { raw } = await connect(generation, gateway.at('http', 'calm'));
      expect((await raw.listPrompts()).prompts.map((p) => p.name)).toEqual(['approvals']);
      const { messages } = await raw.getPrompt({ name: 'approvals' });
      const text = JSON.stringify(messages[0]?.content);
      expect(text).toContain('Run without a question (2):\\n- erase (set for this profile)\\n- runs\\n');
      expect(text).toContain('plugmux approvals allow');
      expect((await (await connect(generation, gateway.at('http', 'bare'))).raw.listPrompts()).prompts).toEqual([]);
    },
  );
});

async function inTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await run(item));
  return results;
}
