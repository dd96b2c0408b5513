// Other gateways, installed into a scratch folder on request. Each wraps the same bare stdio server.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = { supergateway: '4.0.0', 'mcp-proxy': '6.7.19' };
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const SCRATCH = here('../../.cache/peers');

function install() {
  const missing = Object.keys(VERSIONS).filter((name) => !existsSync(join(SCRATCH, 'node_modules', name)));
  if (missing.length === 0) return;
  mkdirSync(SCRATCH, { recursive: true });
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
  execFileSync('npm', ['install', '--prefix', SCRATCH, '--no-audit', '--no-fund', '--ignore-scripts', ...packages], { stdio: 'ignore' });
}

/** The peers as targets, measured against the bare server with its tool in a child process. */
export function peers() {
  install();
  const bin = (path) => join(SCRATCH, 'node_modules', path);
  const wrapped = (tools) => [process.execPath, here('servers/bare.mjs'), 'stdio', '0', String(tools)];
  const supergateway =
    (...more) =>
    ({ port, tools }) => ({
      command: [
        process.execPath,
        bin('supergateway/dist/index.js'),
        '--stdio',
        wrapped(tools).join(' '),
        '--port',
        String(port),
        '--logLevel',
        'none',
        ...more,
      ],
    });
  const proxy =
    (kind) =>
    ({ port, tools }) => ({
      command: [
        process.execPath,
        bin('mcp-proxy/dist/bin/mcp-proxy.mjs'),
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--server',
        kind,
        '--',
        ...wrapped(tools),
      ],
    });
  const target = (name, transport, prepare, more) => ({
    name,
    transport,
    prepare,
    reference: `bare ${transport} + child`,
    tool: 'echo',
    ...more,
  });
  return [
    target('supergateway http', 'http', supergateway('--outputTransport', 'streamableHttp', '--stateful')),
    target('supergateway sse', 'sse', supergateway('--outputTransport', 'sse')),
    target('supergateway ws', 'ws', supergateway('--outputTransport', 'ws'), { path: '/message' }),
    target('mcp-proxy http', 'http', proxy('stream')),
    target('mcp-proxy sse', 'sse', proxy('sse')),
  ];
}
