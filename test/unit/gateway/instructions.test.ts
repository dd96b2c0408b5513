import { describe, expect, it } from 'vitest';
import { composeInstructions } from '../../../src/gateway/instructions.ts';

const plugin = (id: string) => ({ id, title: id.toUpperCase(), version: '1', adapter: 'x', origin: '', watch: [], digest: '' });

describe('composeInstructions', () => {
  it('is absent where nobody has any', () => {
    expect(composeInstructions([])).toBeUndefined();
  });

  it('gives every text whole where all fit', { tags: ['instructions-budget'] }, () => {
    expect(
      composeInstructions([
        { plugin: plugin('a'), text: 'one' },
        { plugin: plugin('b'), text: 'two' },
      ]),
    ).toBe('## A (plugin a)\none\n\n## B (plugin b)\ntwo');
  });

  it.each([3, 20, 200])(
    'stays within 2,048 characters for %i long texts, with a pointer to the rest',
    { tags: ['instructions-budget'] },
    (count) => {
      const text = composeInstructions(
        Array.from({ length: count }, (_, i) => ({ plugin: plugin(`plugin${i}`), text: 'word '.repeat(1000) })),
      ) as string;
      expect(text.length).toBeLessThanOrEqual(2048);
      expect(text).toContain('<plugin>_instructions');
      expect(text).toContain('plugin0');
    },
  );

  it('lets a profile speak first, and the plugins in the room that is left', () => {
    const text = composeInstructions([], 'Plan first.');
    expect(text).toBe('Plan first.');
    const long = composeInstructions([{ plugin: plugin('a'), text: 'x'.repeat(5_000) }], 'y'.repeat(5_000)) as string;
    expect(long.startsWith('yyy')).toBe(true);
    expect(long).toContain('plugin a');
    expect(long.length).toBeLessThanOrEqual(2_048);
  });
});
