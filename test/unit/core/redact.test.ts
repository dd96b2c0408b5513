import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/redact.ts';

describe('createRedactor', () => {
  it('masks a secret value as it is, in base64 and in a URL', { tags: ['T24'] }, () => {
    const redactor = createRedactor();
    redactor.add('s3cr/t+value');
    const text = `a s3cr/t+value b ${Buffer.from('s3cr/t+value').toString('base64')} c ${encodeURIComponent('s3cr/t+value')}`;
    expect(redactor.text(text)).toBe('a [redacted] b [redacted] c [redacted]');
  });

  it('masks tokens and keys by their shape', { tags: ['T24'] }, () => {
    const { text } = createRedactor();
    expect(text('Authorization: Bearer abcdefghijkl')).toBe('Authorization: [redacted]');
    expect(text('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig')).toBe('[redacted]');
    expect(text('-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----')).toBe('[redacted]');
  });

  it('masks by key, at any depth, and leaves the rest', { tags: ['T24'] }, () => {
    const { value } = createRedactor();
    expect(value({ apiKey: 'x', accessToken: 'z', nested: [{ 'client-secret': 'y', name: 'n' }], tokens: 3 })).toEqual({
      apiKey: '[redacted]',
      accessToken: '[redacted]',
      nested: [{ 'client-secret': '[redacted]', name: 'n' }],
      tokens: 3,
    });
  });
});
