import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve, writeConfig } from '../../support/gateway.ts';
import { tempFolder } from '../../support/temp.ts';
import { rawAsk } from '../support/console.ts';

const PAGE = fileURLToPath(new URL('../../../dist/bundle/page', import.meta.url));
const { shell, files } = JSON.parse(readFileSync(join(PAGE, 'manifest.json'), 'utf8')) as { shell: string; files: Record<string, object> };
const others = Object.keys(files).filter((name) => name !== shell);
const ends: (() => unknown)[] = [];
let gateway: Serving;

beforeAll(async () => {
  const atEnd = (end: () => unknown): void => void ends.push(end);
  gateway = await serve(writeConfig({}, ['plain'], tempFolder(atEnd)), { atEnd });
  return async () => {
    for (const end of ends.reverse()) await end();
  };
});

async function get(path: string, encoding?: string): Promise<{ headers: Headers; bytes: Buffer; status: number }> {
  const response = await fetch(new URL(path, gateway.url), { headers: { 'Accept-Encoding': encoding ?? 'identity' } });
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()), status: response.status };
}

describe('the files of the page', () => {
  it('are served without a login: the shell anew each time, the others for ever', { tags: ['console-page'] }, async () => {
    const page = await get('/');
    expect(page.bytes).toEqual(readFileSync(join(PAGE, shell)));
    expect([page.headers.get('cache-control'), page.headers.get('content-type')]).toEqual(['no-cache', 'text/html; charset=utf-8']);
    expect(others.length).toBeGreaterThan(2);
    for (const name of others) {
      const { status, headers, bytes } = await get(`/console/${name}`);
      expect([name, status, headers.get('cache-control')]).toEqual([name, 200, 'public, max-age=31536000, immutable']);
      expect(bytes.equals(readFileSync(join(PAGE, name)))).toBe(true);
    }
  });

  it('are sent in the form that the build has compressed', async () => {
    for (const name of others) {
      const path = `/console/${name}`;
      const plain = readFileSync(join(PAGE, name));
      for (const [encoding, suffix, unpack] of [
        ['br', '.br', brotliDecompressSync],
        ['gzip', '.gz', gunzipSync],
      ] as const) {
        const { headers, text } = await rawAsk(gateway, path, { method: 'HEAD', headers: { 'Accept-Encoding': encoding } });
        const packed = readFileSync(join(PAGE, name + suffix));
        expect([headers['content-encoding'], headers['content-length'], text]).toEqual([encoding, String(packed.length), '']);
        expect(unpack(packed).equals(plain)).toBe(true);
      }
    }
  });

  it('are small: what the shell loads, and what the first chart and the other screens add', () => {
    const html = readFileSync(join(PAGE, shell), 'utf8');
    const sizeOf = (name: string): number => readFileSync(join(PAGE, `${name}.br`)).length;
    const first = others.filter((name) => html.includes(name));
    expect(first).toHaveLength(2);
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(1024);
    expect(first.reduce((sum, name) => sum + sizeOf(name), 0)).toBeLessThanOrEqual(40 * 1024);
    for (const name of others.filter((other) => !first.includes(other))) expect([name, sizeOf(name) <= 40 * 1024]).toEqual([name, true]);
  });

  it('allow nothing but their own scripts, and nothing around them', { tags: ['console-headers'] }, async () => {
    for (const path of ['/', `/console/${others[0]}`, '/console/none', '/api/console/overview']) {
      const { headers } = await get(path);
      const policy = String(headers.get('content-security-policy'));
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "trusted-types 'none'",
      ])
        expect(policy).toContain(rule);
      expect(policy).not.toContain('unsafe');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('are no other files of the machine', { tags: ['console-page'] }, async () => {
    const { host } = new URL(gateway.url);
    for (const path of [
      '/console/manifest.json',
      `/console/${others[0]}.br`,
      '/console/..%2f..%2fpackage.json',
      '/console/%2e%2e/manifest.json',
      '/console/../manifest.json',
      '/console/__proto__',
      '/console/',
      '/console',
    ])
      expect([path, (await rawAsk(gateway, path, { headers: { Host: host } })).status]).toEqual([path, 404]);
  });

  it('go with "console": false', { tags: ['console-off'] }, async () => {
    const off = await serve(writeConfig({ console: false }, ['plain']));
    for (const path of ['/', '/console/x', '/api/console/overview', '/api/console/login']) {
      const { status, headers, text } = await rawAsk(off, path);
      expect([path, status, headers['content-security-policy'], JSON.parse(text).jsonrpc]).toEqual([path, 404, undefined, '2.0']);
    }
  });
});
