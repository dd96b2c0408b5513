import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { toLimits } from '../../../src/config/limits.ts';
import { createEdge } from '../../../src/transports/edge/edge.ts';
import { HttpError } from '../../../src/transports/edge/http-error.ts';

const NAMES = ['localhost', '127.0.0.1', '[::1]', 'my.host'];

/** An edge that listens on a given or random port, and lists one more name and one web origin. */
function edge(port: number) {
  const listen = { host: '127.0.0.1', port, hosts: ['my.host'], origins: ['https://good.example'], proxies: [], insecure: false };
  return createEdge({ listen, tokens: [], limits: toLimits() } as unknown as Config);
}

const open = edge(0);
const fixed = edge(8808);

function statusOf(target: ReturnType<typeof edge>, headers: readonly (readonly [string, string])[]): number {
  const request = { rawHeaders: headers.flat(), headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])) };
  try {
    target.checkAddress(request as unknown as IncomingMessage);
    return 200;
  } catch (error) {
    expect(error).toBeInstanceOf(HttpError);
    return (error as HttpError).status;
  }
}

/** Texts similar to a valid one: a character added, removed or changed. */
function near(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    '',
    '.',
    ':',
    '/',
    '@',
    '#',
    '?',
    '\\',
    '%00',
    ' ',
    'a',
    '0',
    '1',
    '[',
    ']',
    '-',
    '\u0430',
    '\t',
    ',',
    'evil.com',
  );
  return fc.tuple(good, fc.nat(30), fc.nat(2), piece).map(([text, at, drop, more]) => text.slice(0, at) + more + text.slice(at + drop));
}

const port = fc.option(fc.nat(70_000), { nil: undefined });
const host = fc.tuple(fc.constantFrom(...NAMES), port).map(([name, number]) => (number === undefined ? name : `${name}:${number}`));

// The rule, written independently of the code: one of the names, in any case, optionally with a port that exists.
function isOurs(text: string): boolean {
  const name = NAMES.find((n) => text.toLowerCase().startsWith(n));
  if (name === undefined) return false;
  const rest = text.slice(name.length);
  if (rest === '') return true;
  const digits = [...rest.slice(1)];
  return (
    rest[0] === ':' &&
    digits.length >= 1 &&
    digits.length <= 5 &&
    digits.every((c) => '0123456789'.includes(c)) &&
    Number(rest.slice(1)) <= 65_535
  );
}

describe('Host', () => {
  it("accepts only the gateway's names, in any case, with a port that exists", { tags: ['F21', 'T1'] }, () => {
    const text = fc.oneof(host, near(host), near(host), fc.string(), fc.ipV4());
    fc.assert(
      fc.property(text, fc.boolean(), (value, loud) => {
        const sent = loud ? value.toUpperCase() : value;
        expect(statusOf(open, [['Host', sent]])).toBe(isOurs(sent) ? 200 : 403);
      }),
      { numRuns: 500 },
    );
  });

  it('returns the same result for repeated checks', () => {
    const many = fc.array(near(host), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(many, (values) => {
        const once = edge(0);
        const first = values.map((value) => statusOf(once, [['Host', value]]));
        expect(values.map((value) => statusOf(once, [['Host', value]]))).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  it('and other headers of decisions may occur once', { tags: ['F21'] }, () => {
    const name = fc.constantFrom(
      'host',
      'Host',
      'origin',
      'authorization',
      'Content-Type',
      'content-length',
      'Mcp-Session-Id',
      'MCP-session-id',
    );
    const filler = fc.array(fc.constantFrom<[string, string]>(['Accept', '*/*'], ['X-Forwarded-Host', 'localhost']), { maxLength: 3 });
    fc.assert(
      fc.property(name, filler, (twice, others) => {
        const value = twice.toLowerCase() === 'host' ? 'localhost' : 'https://good.example';
        const headers: [string, string][] = [['Host', 'localhost'], ...others, [twice, value]];
        const expected = twice.toLowerCase() === 'host' ? 400 : 200;
        expect(statusOf(open, headers)).toBe(expected);
        expect(statusOf(open, [...headers, [twice.toUpperCase(), value]])).toBe(twice.toLowerCase() === 'origin' ? 403 : 400);
      }),
    );
  });
});

describe('Origin', () => {
  const origin = fc.oneof(
    fc.constantFrom('https://good.example', 'HTTPS://good.example'),
    fc.tuple(fc.constantFrom('http://', 'https://', 'HTTP://', 'ftp://', ''), host).map(([scheme, rest]) => scheme + rest),
  );

  it("accepts the listed origins and the gateway's own, with its port if that is known", { tags: ['T1', 'F22'] }, () => {
    const value = fc.oneof(origin, near(origin), near(origin), fc.string(), fc.constantFrom('null', 'file://', 'about:blank'));
    fc.assert(
      fc.property(value, (sent) => {
        const lower = sent.toLowerCase();
        const listed = lower === 'https://good.example';
        const rest = /^https?:\/\//.test(lower) ? lower.slice(lower.indexOf('//') + 2) : undefined;
        const own = rest !== undefined && isOurs(rest);
        const headers: [string, string][] = [
          ['Host', 'localhost'],
          ['Origin', sent],
        ];
        expect(statusOf(open, headers)).toBe(listed || own ? 200 : 403);
        expect(statusOf(fixed, headers)).toBe(listed || (own && rest.endsWith(':8808')) ? 200 : 403);
      }),
      { numRuns: 500 },
    );
  });
});

describe('failed logins', () => {
  it.each(['Bearer guess-', 'Basic ', 'Bearer a b', 'Digest '])(
    'with "%s" are counted, and do not lock out a valid token',
    {
      tags: ['login-rate', 'F38'],
    },
    (start) => {
      const listen = { host: '127.0.0.1', port: 0, hosts: [], origins: [], proxies: [], insecure: false };
      const tokens = [{ token: 'the-right-token-of-ada', principal: 'ada', scopes: [] }];
      const told: string[] = [];
      const config = { listen, tokens, limits: { ...toLimits(), failedLoginsPerMinute: 2 } } as unknown as Config;
      const target = createEdge(config, (_, reason) => void told.push(reason));
      const statusWith = (authorization: string): number => {
        try {
          target.authenticate({ headers: { authorization }, socket: { remoteAddress: '127.0.0.1' } } as unknown as IncomingMessage);
          return 200;
        } catch (error) {
          return (error as HttpError).status;
        }
      };
      expect([0, 1, 2].map((i) => statusWith(`${start}${i}`))).toEqual([401, 401, 429]);
      expect(told).toEqual([...Array(2).fill(start === 'Bearer guess-' ? 'wrong token' : 'not a bearer token'), 'too many failed logins']);
      expect(statusWith('Bearer the-right-token-of-ada')).toBe(200);
    },
  );
});
