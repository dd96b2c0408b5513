import { describe, expect, it } from 'vitest';
import { firstScreen } from '../../../src/cli/first-screen.ts';
import { GatewayError } from '../../../src/core/errors.ts';

const plugin = (id: string, state: string, more: object = {}) => ({ id, adapter: 'talos', state, needs: [], ...more });

function screen(plugins: readonly object[], tools: readonly string[], off: readonly string[] = []): string[] {
  return firstScreen({
    registry: {
      plugins: () => plugins,
      config: (id: string) => ({ enabled: !off.includes(id) }),
      catalogue: () => ({ tools: new Map(tools.map((id, at) => [`t${at}`, { plugin: { id } }])) }),
    },
  } as unknown as Parameters<typeof firstScreen>[0]);
}

describe('the first screen', { tags: ['first-screen'] }, () => {
  it('is a table with one line below each plugin that is not ready', () => {
    const failed = new GatewayError('DEPENDENCY_MISSING', 'It needs x (not installed).\nand more', { fix: 'npm install x\nor so' });
    expect(
      screen(
        [
          plugin('fine', 'ready'),
          plugin('lacking', 'failed', { error: failed }),
          plugin('unset', 'needs-config', { needs: ['token', 'other'] }),
          plugin('late', 'opening'),
          plugin('off', 'disabled'),
          plugin('out', 'disabled'),
          plugin('back', 'restarting', { error: new GatewayError('HANDSHAKE_FAILED', 'It exited with code 127.', { fix: 'Mend it.' }) }),
          plugin('partly', 'ready', { withheld: '1 of 2 tools is not served' }),
        ],
        ['fine', 'fine', 'partly'],
        ['off'],
      ),
    ).toEqual([
      'plugmux serves 3 tools of 2 plugins',
      '',
      'plugin   format  tools  state',
      'fine     talos       2  ready',
      'lacking  talos       0  failed',
      '  It needs x (not installed). -> npm install x',
      'unset    talos       0  needs-config',
      '  It needs token, other -> Set "plugins": { "unset": { "credentials": { "token": "${env:NAME}", "other": "${env:NAME}" } } } in mcp.json.',
      'late     talos       0  opening',
      expect.stringMatching(/^ {2}It is still starting.* -> `plugmux doctor` /),
      'off      talos       0  disabled',
      '  It is disabled -> plugmux enable off --in-file',
      'out      talos       0  disabled',
      '  It is disabled -> plugmux enable out',
      'back     talos       0  restarting',
      '  It exited with code 127. -> Mend it.',
      'partly   talos       1  ready',
      '  1 of 2 tools is not served',
    ]);
  });

  it('has no table without plugins', () => {
    expect(screen([], [])).toEqual(['plugmux serves 0 tools of 0 plugins']);
  });
});
