import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Adapter } from '../../../src/core/contract/adapter.ts';
import { createRedactor } from '../../../src/core/secrets/redact.ts';
import { tempFolder } from '../../support/temp.ts';

const adapter = { kind: 'talos', options: {}, paths: [] } as unknown as Adapter;
const dir = tempFolder(afterAll);

function mask(config: object, env: NodeJS.ProcessEnv = {}): (text: string) => string {
  writeFileSync(join(dir, 'mcp.json'), JSON.stringify(config));
  const redactor = createRedactor();
  for (const secret of loadConfig(join(dir, 'mcp.json'), [adapter], env).secrets) redactor.add(secret);
  return redactor.text;
}

const up = (entry: object) => ({ mcpServers: { up: { command: 'x', ...entry } } });
const remote = (entry: object) => ({ mcpServers: { up: { url: 'https://h/x', ...entry } } });
const plugin = (entry: object) => ({ plugins: { p: { path: '.', ...entry } } });

describe('the secret values of a configuration', () => {
  it.each<[string, object, readonly string[]]>([
    ['tokens', { auth: { tokens: [{ token: 'production-production', principal: 'p' }] } }, ['production-production']],
    [
      'credentials, whatever they look like',
      plugin({ credentials: { a: 'word', b: '/tmp', c: '4711', d: 'h.example.com' } }),
      ['word', '/tmp', '4711', 'h.example.com'],
    ],
    [
      'headers',
      remote({ headers: { 'X-Odd': 'planted-1', Authorization: 'Bearer planted-2', 'X-Plan': 'gold' } }),
      ['planted-1', 'planted-2', 'gold'],
    ],
    ['a basic login', remote({ headers: { Authorization: `Basic ${Buffer.from('me:planted-3').toString('base64')}` } }), ['planted-3']],
    [
      'logins of schemes of any name',
      remote({ headers: { Authorization: 'Splunk planted-28', 'Proxy-Authorization': 'GenieKey  planted-29' } }),
      ['planted-28', 'planted-29'],
    ],
    ['cookies', remote({ headers: { Cookie: 'a=planted-4; b=planted-5' } }), ['planted-4', 'planted-5']],
    [
      'named variables',
      up({ env: { DB_PASS: 'abc', GITHUB_PAT: 'simple', apiKey: 'k-1', SENTRY_DSN: 'dsn' } }),
      ['abc', 'simple', 'k-1', 'dsn'],
    ],
    ['variables that look it', up({ env: { ODD: 'planted-6', OTHER: 'ab\tcdefg' } }), ['planted-6', 'ab\tcdefg']],
    [
      'variables of plugins',
      plugin({ env: { DB_PASSWD: 'letters', OTHER: 'planted 7 with spaces' } }),
      ['letters', 'planted 7 with spaces'],
    ],
    [
      'connection strings',
      plugin({ env: { A: 'Server=h;Password=planted-8;', B: 'host=h password=planted-9', C: 'app:planted-10@tcp(h:3306)/d' } }),
      ['planted-8', 'planted-9', 'planted-10'],
    ],
    ['passwords in addresses', plugin({ settings: { db: 'postgres://app:p%40ss-planted@db/x' } }), ['p%40ss-planted', 'p@ss-planted']],
    [
      'passwords in addresses anywhere',
      { pluginFolders: ['https://u:planted-11@h/'], ...up({ args: ['redis://:planted-12@h', 'mongodb+srv://u:pla/nted-13@h/d'] }) },
      ['planted-11', 'planted-12', 'pla/nted-13'],
    ],
    ['a token as the user of an address', plugin({ settings: { repository: 'https://ghp_planted14@github.com/x' } }), ['ghp_planted14']],
    ['queries of addresses', remote({ url: 'https://h/mcp?apiKey=planted-15&x=1' }), ['planted-15']],
    [
      'options of programs',
      up({ args: ['--api-key', 'planted-16', '--token=planted-17', 'password=planted-18'] }),
      ['planted-16', 'planted-17', 'planted-18'],
    ],
    [
      'headers among them',
      up({ args: ['--header', 'Authorization: Bearer planted-19', '-H', 'X-Odd:planted-20', '--header=X-Odder: planted-21'] }),
      ['planted-19', 'planted-20', 'planted-21'],
    ],
    [
      'variables among them',
      up({ command: ['docker', 'run', '-e', 'ODD=planted-22', '--env=GITHUB_PAT=simple'] }),
      ['planted-22', 'simple'],
    ],
    ['JSON among them', up({ args: ['{"auth":{"api_key":"planted-23"}}'] }), ['planted-23']],
    ['logins of servers', remote({ oauth: { clientId: 'plain-id', clientSecret: 'planted-24' } }), ['planted-24']],
    [
      'keys of other clients',
      up({ bearerToken: 'planted-25', requestInit: { headers: { 'X-Odd': 'planted-26' } } }),
      ['planted-25', 'planted-26'],
    ],
    ['settings with a telling key', plugin({ settings: { api_key: 'planted-27' } }), ['planted-27']],
  ])('%s', { tags: ['T24'] }, (_, config, secrets) => {
    const masked = mask(config);
    for (const secret of secrets) expect(masked(`it said "${secret}".`)).not.toContain(secret);
  });

  it('values of references, by the name of the variable or file, or of the key', { tags: ['T24'] }, () => {
    writeFileSync(join(dir, 'db-password.txt'), 'letters\n');
    writeFileSync(
      join(dir, 'account.json'),
      JSON.stringify({ private_key: '-----BEGIN K-----\nplanted-line-1\nplanted-line-2\n-----END K-----\n' }),
    );
    const env = { GITHUB_PAT: 'simple', ODD: 'planted-1', PLAIN: 'word', X_URL: 'amqp://u:planted-2@h', SHORT: 'abc' };
    const masked = mask(
      {
        plugins: {
          p: {
            settings: { a: '${env:GITHUB_PAT}', b: 'x ${env:ODD} y', c: '${env:PLAIN}', d: '${env:X_URL}', e: '${env:NOT:-planted-3}' },
            env: { PIN_PASS: '${env:SHORT}', F: '${file:account.json}' },
          },
        },
        mcpServers: { m: { command: 'x', args: ['${ODD}', '${NOT:-planted-4}'], note: '${file:db-password.txt}' } },
      },
      env,
    );
    for (const secret of ['simple', 'planted-1', 'amqp://u:planted-2@h', 'planted-2', 'planted-3', 'planted-4', 'abc', 'letters']) {
      expect(masked(`it said "${secret}".`)).not.toContain(secret);
    }
    for (const line of ['planted-line-1', 'planted-line-2']) expect(masked(`stderr: ${line}`)).toBe('stderr: [redacted]');
    expect(masked('a word')).toBe('a word');
  });

  it('values of files whose folder or extension names a secret', { tags: ['T24'] }, () => {
    mkdirSync(join(dir, 'secrets'), { recursive: true });
    for (const [name, text] of [
      ['secrets/db', 'swordfish'],
      ['db.password', 'goldfish'],
      ['plain.txt', 'catfish'],
    ] as const)
      writeFileSync(join(dir, name), text);
    const masked = mask(plugin({ settings: { a: '${file:secrets/db}', b: '${file:./db.password}', c: '${file:plain.txt}' } }));
    expect(masked('a swordfish, a goldfish and a catfish')).toBe('a [redacted], a [redacted] and a catfish');
  });

  it('do not include plain values, which occur in every message', { tags: ['T24'] }, () => {
    mkdirSync(join(dir, 'some', 'data'), { recursive: true });
    writeFileSync(join(dir, 'some_index.ts'), '');
    const plain = {
      FILE: 'some_index.ts',
      ENV: 'production',
      ROOT: join(dir, 'some'),
      RELATIVE: './some/data',
      PWD: dir,
      PATH: `/usr/bin:/bin:${join(dir, 'none')}`,
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'C.UTF-8',
      HOST: 'db-1.internal.example.com',
      ADDRESS: 'example.org:5432',
      LOCAL: 'localhost:6379',
      REDIS: 'redis-main:6379',
      IP: '192.168.100.200:80',
      NUMBER: '12345678901',
      DECIMAL: '-1234567.25',
      FLAG: 'true',
      SHORT: 'eu-1',
      UMLAUT: 'Größenordnung',
      MAX_TOKENS: '4096',
      USE_TOKEN: 'true',
    };
    const masked = mask(
      {
        plugins: {
          p: {
            path: '.',
            env: plain,
            settings: { key: 'no key', mode: 'literal-value-1', text: 'token: none given', name: 'get_token_1' },
          },
        },
        mcpServers: {
          m: {
            command: 'x',
            env: plain,
            args: ['--key', join(dir, 'some'), '--verbose', '--limit=10'],
            headers: { Accept: 'application/json' },
          },
        },
      },
      plain,
    );
    const texts = [
      ...Object.values(plain),
      'refused: no key',
      'literal-value-1',
      'none given',
      'application/json',
      '--verbose',
      'get_token_1',
    ];
    for (const text of texts) expect(masked(`it said "${text}".`)).toBe(`it said "${text}".`);
    const references = Object.fromEntries(Object.keys(plain).map((name) => [`s${name}`, `\${env:${name}}`]));
    const alsoMasked = mask({ plugins: { p: { path: '.', settings: references } } }, plain);
    for (const text of Object.values(plain)) expect(alsoMasked(`it said "${text}".`)).toBe(`it said "${text}".`);
  });

  it('logins of proxies, of the file, of its servers and of the environment', { tags: ['T24', 'proxies'] }, () => {
    const config = { proxy: 'me:planted-30@p:1', ...remote({ proxy: 'http://me:planted%2F31@p:1' }) };
    const env = { HTTP_PROXY: 'http://me:planted-32@p:1', https_proxy: 'me:planted-33@p:1', ALL_PROXY: 'socks5://me:planted-34@p:1' };
    const text = mask(config, env);
    for (const secret of ['planted-30', 'planted%2F31', 'planted/31', 'planted-32', 'planted-33', 'planted-34'])
      expect(text(`of ${secret} and`)).toBe('of [redacted] and');
    // The address of a proxy has to stay readable.
    const named = mask({ proxy: '${env:ADDRESS}', ...remote({ proxy: '${env:ADDRESS}' }) }, { ADDRESS: 'http://proxy.example:3128' });
    expect(named('through http://proxy.example:3128')).toBe('through http://proxy.example:3128');
  });
});
