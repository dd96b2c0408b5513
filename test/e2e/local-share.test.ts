import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { serve, writeConfig } from '../support/gateway.ts';
import { until } from '../support/processes.ts';

const HOG = `const { connect } = require('node:net');
const port = Number(process.argv[1]);
const open = () => {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /sse HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nAccept: text/event-stream\\r\\n\\r\\n'));
  socket.on('error', () => undefined).resume();
};
for (let i = 0; i < 40; i++) open();`;

it.runIf(process.platform === 'linux')('one local program cannot use up the connections with streams', { tags: ['F27'] }, async () => {
  const gateway = await serve(writeConfig({ limits: { connections: 16, connectionsPerAddress: 16 } }, ['plain']));
  const { port, origin } = new URL(gateway.url);
  const hog = spawn(process.execPath, ['-e', HOG, port], { stdio: 'ignore' });
  onTestFinished(() => void hog.kill('SIGKILL'));
  await gateway.said(`The local process ${hog.pid} has`);
  await gateway.said('those over 14 are closed');
  await until('others are served', () =>
    fetch(`${origin}/livez`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

function exchange(port: string, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', async () => {
      for (const part of parts) {
        socket.write(part);
        await sleep(50);
      }
    });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

it('an offer to upgrade to another protocol is ignored, and the request is served', { tags: ['F25'] }, async () => {
  const gateway = await serve(writeConfig({}, ['plain']));
  const { port } = new URL(gateway.url);
  const offer = (host = '127.0.0.1') =>
    `Host: ${host}\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n`;
  expect(await exchange(port, `GET /livez HTTP/1.1\r\n${offer()}\r\n`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*alive$/);
  const body = '{"message":"hello"}';
  const call = `POST /api/tools/echo HTTP/1.1\r\n${offer()}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  for (const parts of [[call + body], [call, body.slice(0, 5), body.slice(5)]]) {
    const text = await exchange(port, ...parts);
    expect(text).toContain('HTTP/1.1 200');
    expect(text).toContain('hello');
  }
  expect(await exchange(port, `GET /livez HTTP/1.1\r\n${offer('evil.example')}\r\n`)).toContain('HTTP/1.1 403');
});
