import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../../src/core/json/exact-number.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { maskProse } from '../../../src/core/secrets/mask-prose.ts';

const redact = (text: string): string => text.replaceAll('string', '[redacted]');

describe('maskProse', () => {
  it('masks texts that inform, and nothing that clients send back', { tags: ['console-secrets'] }, () => {
    const tool = {
      name: 'string',
      description: 'a string',
      title: undefined,
      inputSchema: {
        type: 'object',
        required: ['string'],
        properties: {
          string: { type: 'string', enum: ['string'], default: 'string', examples: [{ string: 'a string' }] },
          description: { type: 'string', description: 'the string' },
          default: { type: 'integer', default: 7 },
        },
        $defs: { title: { const: 'string', title: 'string' } },
      },
    };
    expect(maskProse(tool as unknown as JsonObject, redact)).toEqual({
      ...tool,
      description: 'a [redacted]',
      inputSchema: {
        ...tool.inputSchema,
        properties: {
          string: { type: 'string', enum: ['string'], default: '[redacted]', examples: [{ '[redacted]': 'a [redacted]' }] },
          description: { type: 'string', description: 'the [redacted]' },
          default: { type: 'integer', default: 7 },
        },
        $defs: { title: { const: 'string', title: '[redacted]' } },
      },
    });
  });

  it('returns what has no secret as it is, and keeps exact numbers', () => {
    const exact = new ExactNumber('12345678901234567890.5');
    const schema = { type: 'string', description: 'a text', default: exact, maximum: exact } as unknown as JsonObject;
    expect(maskProse(schema, redact)).toBe(schema);
    expect(maskProse([{ description: 'string', default: exact } as unknown as JsonObject], redact)).toEqual([
      { description: '[redacted]', default: exact },
    ]);
  });
});
