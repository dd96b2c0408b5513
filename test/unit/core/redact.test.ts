import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/secrets/redact.ts';

const PEM = `-----BEGIN EC KEY-----\n${'aGVsbG8gd29ybGQgdGhpcyBpcyBvbmUgbGluZQ'}\n${'c2Vjb25kIGxpbmUgb2YgdGhlIGtleSBpcyBoZXJl'}\n-----END EC KEY-----`;

function knowing(...secrets: readonly string[]) {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

describe('createRedactor', () => {
  it('masks a secret value in plain text, base64 and URLs', { tags: ['T24'] }, () => {
    const { text } = knowing('s3cr/t+value');
    const said = `a s3cr/t+value b ${Buffer.from('s3cr/t+value').toString('base64')} c ${encodeURIComponent('s3cr/t+value')}`;
    expect(text(said)).toBe('a [redacted] b [redacted] c [redacted]');
  });

  it('masks tokens and keys by pattern', { tags: ['T24'] }, () => {
    const { text } = createRedactor();
    expect(text('Authorization: Bearer abcdefghijkl')).toBe('Authorization: [redacted]');
    expect(text('authorization: bearer abcdefghijkl')).toBe('authorization: [redacted]');
    expect(text('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig')).toBe('[redacted]');
    expect(text('-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----')).toBe('[redacted]');
  });

  it('masks by key at any depth, and nothing else', { tags: ['T24'] }, () => {
    const { value } = createRedactor();
    expect(value({ apiKey: 'x', accessToken: 'z', nested: [{ 'client-secret': 'y', name: 'n' }], tokens: 3 })).toEqual({
      apiKey: '[redacted]',
      accessToken: '[redacted]',
      nested: [{ 'client-secret': '[redacted]', name: 'n' }],
      tokens: 3,
    });
  });

  it('masks a secret used as a key', { tags: ['T24'] }, () => {
    expect(knowing('planted-4711').value({ 'x planted-4711': [1] })).toEqual({ 'x [redacted]': [1] });
  });

  it('masks short secrets only as whole words', { tags: ['T24'] }, () => {
    const { text } = knowing('abc', '4711');
    expect(text('abc, (abc) "abc" abcd xabc a_abc 4711 14711 pin=4711')).toBe(
      '[redacted], ([redacted]) "[redacted]" abcd xabc a_abc [redacted] 14711 pin=[redacted]',
    );
    // The letters of an escape before it are not part of a word.
    const { text: ofWord } = knowing('abcde');
    for (const said of [
      JSON.stringify('x\nabcde\tabcde\u0001abcde'),
      encodeURIComponent('"abcde":abcde'),
      encodeURIComponent(JSON.stringify('\nabcde')),
    ])
      expect(ofWord(said)).not.toContain('abcde');
    expect(ofWord('nabcde fabcde 4abcde u0041abcde')).toBe('nabcde fabcde 4abcde u0041abcde');
    for (const plain of ['', 'a', 'ab', 'true', 'No', ' ', '\n'])
      expect(knowing(plain).text(`${plain} true a b`)).toBe(`${plain} true a b`);
  });

  it('masks every line of a secret of several lines', { tags: ['T24'] }, () => {
    const { text } = knowing(PEM);
    for (const line of PEM.split('\n').slice(1, -1)) expect(text(`stderr: ${line}`)).toBe('stderr: [redacted]');
    expect(text(PEM)).toBe('[redacted]');
    expect(text(JSON.stringify({ PEM }))).toBe('{"PEM":"[redacted]"}');
  });

  it('masks a secret inside longer base64, as in basic authentication', { tags: ['T24'] }, () => {
    const secret = 'planted-basic-4711';
    const { text } = knowing(secret);
    for (const user of ['', 'a', 'ab', 'abc', 'user:', 'somebody@example.com:']) {
      const masked = text(Buffer.from(`${user}${secret}:more`).toString('base64'));
      expect(Buffer.from(masked.replaceAll('[redacted]', ''), 'base64').toString()).not.toContain('ant');
      expect(masked).toContain('[redacted]');
    }
  });

  it('masks every secret in every form, and nothing else', { tags: ['T24'] }, () => {
    const forms: readonly ((secret: string) => string)[] = [
      (s) => s,
      (s) => JSON.stringify(s),
      (s) => JSON.stringify(JSON.stringify(s)),
      (s) => encodeURIComponent(s),
      (s) => encodeURIComponent(s).replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
      (s) => new URLSearchParams({ s }).toString(),
      (s) => Buffer.from(s).toString('base64'),
      (s) => Buffer.from(s).toString('base64url'),
    ];
    const secret = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 }).filter((s) => s.trim() === s && /\w{3}/.test(s));
    fc.assert(
      fc.property(fc.uniqueArray(secret, { minLength: 1, maxLength: 20 }), fc.nat(), (secrets, pick) => {
        const { text } = knowing(...secrets);
        const chosen = secrets[pick % secrets.length] as string;
        for (const form of forms) expect(text(`before ${form(chosen)} after`)).toMatch(/^before .*\[redacted\].* after$/);
        expect(text(chosen)).toBe('[redacted]');
        expect(text('\u00e4\u00f6\u00fc \u4e00\u4e8c\u4e09')).toBe('\u00e4\u00f6\u00fc \u4e00\u4e8c\u4e09');
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('prefers the longest of several secrets with a common prefix', { tags: ['T24'] }, () => {
    expect(knowing('planted', 'planted-long', 'planted-longer').text('planted-longer planted-long planted')).toBe(
      '[redacted] [redacted] [redacted]',
    );
  });
});
