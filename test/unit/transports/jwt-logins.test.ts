import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type JwtConfig, toJwtConfig } from '../../../src/config/auth/auth.ts';
import type { JsonValue } from '../../../src/core/json/json.ts';
import { silentLog } from '../../../src/core/log.ts';
import { digestOf } from '../../../src/transports/edge/logins.ts';
import { createKeySource, keyAddress, metadataAddresses } from '../../../src/transports/login/jwks.ts';
import { type Checked, createJwtLogins } from '../../../src/transports/login/jwt-logins.ts';

const ISSUER = 'https://id.example/realms/x';
const PUBLIC = 'https://gw.example';
const START = 1_800_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An issuer without a network, and logins whose clocks the test moves together. */
async function world(more: Partial<JwtConfig> = {}) {
  let ms = 0;
  let number = 0;
  let isDown = false;
  const fetched: string[] = [];
  const make = async (alg = 'ES256', kid: string | undefined = `k${++number}`) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }), alg } };
  };
  let keys = [await make()];
  const fetchJson = async (url: string): Promise<JsonValue> => {
    fetched.push(url);
    if (isDown) throw new Error('connection refused');
    if (url.endsWith('/keys')) return { keys: keys.map(({ jwk }) => jwk) } as unknown as JsonValue;
    return { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` };
  };
  const config = toJwtConfig({ name: 'id', issuer: ISSUER, ...more } as never);
  const logins = createJwtLogins({ fetchJson, log: silentLog, now: () => START + ms, monotonic: () => ms });
  logins.apply([config], PUBLIC);
  const sign = (claims: JWTPayload = {}, key = keys[0]) => {
    const { alg, kid, privateKey } = key as NonNullable<typeof key>;
    const at = Math.floor((START + ms) / 1000);
    const all = { iss: ISSUER, sub: 'ada', aud: `${PUBLIC}/mcp`, exp: at + 300, scope: 'mcp:use', ...claims };
    return new SignJWT(all).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(privateKey);
  };
  const check = async (token: string): Promise<Checked> => logins.known(token, digestOf(token)) ?? logins.verify(token, digestOf(token));
  return {
    logins,
    config,
    fetched,
    sign,
    check,
    make,
    kind: async (token: string) => {
      const checked = await check(token);
      return 'login' in checked ? 'good' : checked.kind;
    },
    setKeys: (next: typeof keys) => {
      keys = next;
    },
    keys: () => keys,
    down: (is: boolean) => {
      isDown = is;
    },
    pass: (by: number) => {
      ms += by;
    },
  };
}

describe('keys of an issuer', () => {
  it('are fetched with the first token, once for all that wait, and again after 10 minutes', { tags: ['jwt-issuers'] }, async () => {
    const { sign, kind, fetched, pass } = await world();
    expect(fetched).toEqual([]);
    const tokens = await Promise.all([1, 2, 3].map((n) => sign({ sub: `user ${n}` })));
    expect(await Promise.all(tokens.map(kind))).toEqual(['good', 'good', 'good']);
    const once = [metadataAddresses(ISSUER)[0], `${ISSUER}/keys`];
    expect(fetched).toEqual(once);
    pass(9 * MINUTE);
    expect(await kind(await sign())).toBe('good');
    expect(fetched).toEqual(once);
    pass(2 * MINUTE);
    expect(await kind(await sign())).toBe('good');
    expect(fetched).toEqual([...once, ...once]);
  });

  it('may be replaced: a token that names another key makes the gateway look, at most every 30 s', { tags: ['jwt-issuers'] }, async () => {
    const { sign, kind, fetched, pass, make, setKeys, keys } = await world({ jwksUri: `${ISSUER}/keys` });
    const old = keys();
    expect(await kind(await sign())).toBe('good');
    setKeys([await make()]);
    const early = await sign();
    expect(await kind(early)).toBe('wrong');
    expect(fetched).toHaveLength(1);
    pass(30_000);
    // Not remembered as wrong: the keys could be new.
    expect(await kind(early)).toBe('good');
    expect(fetched).toHaveLength(2);
    // The old key is gone with the next look.
    expect(await kind(await sign({ sub: 'late' }, old[0]))).toBe('wrong');
    for (let i = 0; i < 20; i++) await kind(await sign({ sub: `${i}` }, old[0]));
    expect(fetched).toHaveLength(2);
  });

  it('hold for a day while the issuer is down, and not longer', { tags: ['jwt-issuers'] }, async () => {
    const { sign, kind, down, pass, fetched } = await world();
    expect(await kind(await sign())).toBe('good');
    down(true);
    for (const hours of [1, 11, 11.9]) {
      pass(hours * HOUR);
      expect(await kind(await sign())).toBe('good');
    }
    pass(HOUR);
    expect(await kind(await sign())).toBe('unverified');
    const asked = fetched.length;
    expect(await kind(await sign({ sub: 'bob' }))).toBe('unverified');
    expect(fetched).toHaveLength(asked);
    down(false);
    pass(30_000);
    expect(await kind(await sign())).toBe('good');
  });

  it('that were never fetched make a token neither right nor wrong', { tags: ['jwt-issuers'] }, async () => {
    const { sign, kind, down, pass } = await world();
    down(true);
    const token = await sign();
    expect([await kind(token), await kind(token)]).toEqual(['unverified', 'unverified']);
    down(false);
    pass(30_000);
    expect(await kind(token)).toBe('good');
  });

  it('without ids are all tried, and only those of the right kind', { tags: ['jwt-issuers'] }, async () => {
    const { sign, kind, make, setKeys } = await world();
    const nameless = [];
    for (let i = 0; i < 3; i++) {
      const { kid: _, jwk, ...key } = await make();
      const { kid: __, ...bare } = jwk as typeof jwk & { kid?: string };
      nameless.push({ ...key, kid: undefined, jwk: bare });
    }
    setKeys([...(nameless as never[]), await make('RS256')]);
    expect(await kind(await sign({}, nameless[2] as never))).toBe('good');
    const { kid: _, ...stranger } = await make();
    expect(await kind(await sign({}, { ...stranger, kid: undefined } as never))).toBe('wrong');
  });

  it.each([
    ['http://169.254.169.254/keys'],
    ['http://127.0.0.1:9/keys'],
    ['file:///etc/passwd'],
    ['https://user:password@id.example/keys'],
    ['https://id.example/keys#x'],
    ['javascript:0'],
    [''],
    [7],
    [null],
  ])('are not fetched from %s that metadata names', { tags: ['jwt-issuers'] }, async (uri) => {
    const fetched: string[] = [];
    const fetchJson = async (url: string): Promise<JsonValue> => {
      fetched.push(url);
      return { issuer: ISSUER, jwks_uri: uri, keys: [] };
    };
    await expect(keyAddress({ issuer: ISSUER }, fetchJson)).rejects.toThrow('names no https address');
    expect(fetched).toHaveLength(1);
  });

  it.each([[{}], [{ keys: 7 }], [{ keys: [] }], [{ keys: [null, 'x', { kty: 'oct', k: 'AAAA' }] }], [[]], ['keys'], [null]])(
    'are not taken from %j',
    { tags: ['jwt-issuers'] },
    async (document) => {
      const source = createKeySource(
        { name: 'id', issuer: ISSUER, jwksUri: `${ISSUER}/keys` },
        async () => document as JsonValue,
        silentLog,
      );
      await expect(source.keys()).rejects.toThrow('no keys');
    },
  );

  it('are looked for in the order of the specification, under the exact issuer only', { tags: ['jwt-issuers'] }, async () => {
    expect(metadataAddresses(ISSUER)).toEqual([
      'https://id.example/.well-known/oauth-authorization-server/realms/x',
      'https://id.example/.well-known/openid-configuration/realms/x',
      'https://id.example/realms/x/.well-known/openid-configuration',
    ]);
    expect(metadataAddresses('https://tenant.auth0.example/')).toHaveLength(2);
    const others = async (): Promise<JsonValue> => ({ issuer: `${ISSUER}/`, jwks_uri: 'https://id.example/keys' });
    await expect(keyAddress({ issuer: ISSUER }, others)).rejects.toThrow('names another issuer');
  });
});

describe('a verified token', () => {
  it('is remembered for a minute, but not beyond its end', { tags: ['jwt-issuers'] }, async () => {
    const { logins, sign, kind, pass } = await world();
    const [long, short] = [await sign(), await sign({ exp: START / 1000 + 10 })];
    expect([await kind(long), await kind(short)]).toEqual(['good', 'good']);
    expect(logins.known(long, digestOf(long))).toBeDefined();
    // Its end, and the minute that clocks may differ.
    pass(59_000);
    expect(await kind(short)).toBe('good');
    pass(12_000);
    expect(await kind(short)).toBe('expired');
    expect(logins.known(long, digestOf(long))).toBeUndefined();
    expect(await kind(long)).toBe('good');
  });

  it('gives the same login as the one it replaces, unless rights change', { tags: ['jwt-rights'] }, async () => {
    const { check, sign, logins, pass } = await world();
    const login = async (claims: JWTPayload) => ((await check(await sign(claims))) as { login: { mark: string } }).login;
    const first = await login({});
    pass(200_000);
    expect(await login({ jti: 'renewed' })).toBe(first);
    expect(await login({ sub: 'bob' })).not.toBe(first);
    expect(await login({ scope: 'mcp:use mail:send' })).not.toBe(first);
    expect(logins.isValid(first.mark)).toBe(true);
    pass(400_000);
    expect(logins.isValid(first.mark)).toBe(false);
  });

  it('ends with its issuer, also while it is verified', { tags: ['jwt-issuers'] }, async () => {
    const { check, sign, logins, config } = await world();
    const token = await sign();
    const { login } = (await check(token)) as { login: never };
    expect(logins.isRemoved(login)).toBe(false);
    expect(logins.apply([config], PUBLIC)).toBe(false);
    const verifying = check(await sign({ sub: 'bob' }));
    expect(logins.apply([{ ...config, audience: ['x'] }], PUBLIC)).toBe(true);
    expect(logins.isRemoved(login)).toBe(true);
    expect(await verifying).toMatchObject({ kind: 'wrong' });
    expect(await check(token)).toMatchObject({ kind: 'wrong' });
  });

  it.each([
    [`${PUBLIC}/mcp`, 'good'],
    [`${PUBLIC}/mcp/reader`, 'good'],
    [`${PUBLIC}/ws`, 'good'],
    [`${PUBLIC}/api/tools`, 'good'],
    [['account', `${PUBLIC}/sse`], 'good'],
    [`${PUBLIC}/status`, 'wrong'],
    [`${PUBLIC}/mcp?x`, 'wrong'],
    [`${PUBLIC}/mcp/a/b`, 'wrong'],
    [[7, null, {}], 'wrong'],
  ])('for %j is %s', { tags: ['jwt-rights'] }, async (aud, expected) => {
    const { kind, sign } = await world();
    expect(await kind(await sign({ aud: aud as never }))).toBe(expected);
  });

  it('names its user by the configured claim, in any script', { tags: ['jwt-rights'] }, async () => {
    const { check, sign } = await world({ principalClaim: 'email' });
    for (const email of ['ada@example.com', 'Жанна', 'auth0|5f7c', 'a "quoted" one'])
      expect(await check(await sign({ email }))).toMatchObject({ login: { principal: `jwt:id:${email}` } });
    for (const email of ['line\nbreak', '\u202eadmin', 'nul\0', ' '.repeat(300), 7, null])
      expect(await check(await sign({ email }))).toMatchObject({ kind: 'wrong' });
  });
});
