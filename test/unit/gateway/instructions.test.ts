import { describe, expect, it } from 'vitest';
import { composeInstructions } from '../../../src/gateway/view/instructions.ts';

const plugin = (id: string) => ({ id, title: id.toUpperCase(), version: '1', adapter: 'x', origin: '', watch: [], digest: '' });

describe('composeInstructions', () => {
  it('is undefined without any text', () => {
    expect(composeInstructions([])).toBeUndefined();
  });

  it('includes every text in full if all fit', { tags: ['instructions-budget'] }, () => {
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

  it('uses the whole budget: space that short texts leave goes to longer ones', { tags: ['instructions-budget'] }, () => {
    const long = 'This sentence has forty-one characters.. '.repeat(100).trim();
    const texts = ['Short.', long, 'Short as well.', long];
    const text = composeInstructions(texts.map((text, at) => ({ plugin: plugin(`p${at}`), text }))) as string;
    expect(text.length).toBeLessThanOrEqual(2_048);
    expect(text.length).toBeGreaterThan(2_048 - 50);
    expect(text).toContain('Short as well.');
    const alone = composeInstructions([], 'One sentence. '.repeat(200)) as string;
    expect(alone.length).toBeGreaterThan(2_000);
  });

  it('cuts at the ends of sentences if there are any', { tags: ['instructions-budget'] }, () => {
    const text = composeInstructions([
      { plugin: plugin('a'), text: 'The first is said in one sentence. '.repeat(60) },
      { plugin: plugin('b'), text: '- a line of a list\n'.repeat(100) },
    ]) as string;
    expect(text).toMatch(/in one sentence\. …\n\n## B/);
    expect(text).toMatch(/- a line of a list …$/);
  });

  it('puts the text of a profile first, and the plugins into the remaining space', () => {
    const text = composeInstructions([], 'Plan first.');
    expect(text).toBe('Plan first.');
    const long = composeInstructions([{ plugin: plugin('a'), text: 'x'.repeat(5_000) }], 'y'.repeat(5_000)) as string;
    expect(long.startsWith('yyy')).toBe(true);
    expect(long).toContain('plugin a');
    expect(long.length).toBeLessThanOrEqual(2_048);
  });
});
