import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createIdentity } from '../../dist/adapters/squadron/go-plugin/certificate.js';
import { listen } from './http-server.ts';

// The machine's own NO_PROXY must not apply.
process.env.NO_PROXY = '';
process.env.no_proxy = '';

/** An HTTP proxy that resolves host names only it knows. */
export interface TestProxy {
  readonly url: string;
  /** The received requests, such as `POST http://far.test/mcp` or `CONNECT far.test:443`. */
  readonly asked: string[];
  /** The received Proxy-Authorization values. */
  readonly logins: Set<string | undefined>;
  /** Where its hosts really are: a local port, by `name:port`. */
  readonly hosts: Map<string, number>;
  /** Its reply instead of serving: a status, or none at all. */
  answer: number | 'nothing' | undefined;
}

/** Starts one. With `login`, it serves only requests with this user and password. */
export async function serveProxy(login?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const logins: TestProxy['logins'] = new Set();
  const hosts: TestProxy['hosts'] = new Map();
  const sockets = new Set<Socket>();
  let proxy: TestProxy | undefined;
  const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`;
  const refusal = (message: IncomingMessage, host: string): number | 'nothing' | undefined => {
    asked.push(`${message.method} ${message.url}`);
    logins.add(message.headers['proxy-authorization']);
    if (proxy?.answer !== undefined) return proxy.answer;
    if (wanted !== undefined && message.headers['proxy-authorization'] !== wanted) return 407;
    return hosts.has(host) ? undefined : 502;
  };
  const server = await listen((message, response) => {
    const { host, port, pathname, search } = new URL(message.url ?? '');
    const key = `${host.replace(/:\d+$/, '')}:${port || 80}`;
    const refused = refusal(message, key);
    if (refused === 'nothing') return void message.socket.destroy();
    if (refused !== undefined) return void response.writeHead(refused).end();
    const { 'proxy-authorization': _, ...headers } = message.headers;
    const onward = request({ port: hosts.get(key), path: pathname + search, method: message.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    message.pipe(onward);
  });
  const front = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', (head: Buffer) => answer(socket, head));
  });
  // CONNECT is answered here, all other requests by the target server.
  const answer = (socket: Socket, head: Buffer): void => {
    const [, target = ''] = /^CONNECT (\S+) /.exec(head.toString('latin1')) ?? [];
    const login = /^proxy-authorization: (.*)\r$/im.exec(head.toString('latin1'))?.[1];
    const headers = { 'proxy-authorization': login };
    const refused = target === '' ? undefined : refusal({ method: 'CONNECT', url: target, headers } as IncomingMessage, target);
    if (refused === 'nothing') return void socket.end();
    if (refused !== undefined) return void socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
    const onward = connect(target === '' ? Number(new URL(server).port) : (hosts.get(target) as number), '127.0.0.1', () => {
      if (target === '') onward.write(head);
      else socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  };
  const port = await portOf(front);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const url = `http://${login === undefined ? '' : `${login}@`}127.0.0.1:${port}`;
  proxy = { url, asked, logins, hosts, answer: undefined };
  return proxy;
}

/** A certificate for `localhost`, and a port that terminates TLS with it in front of a plain port. */
export async function serveTls(behind: number): Promise<{ port: number; certificate: string }> {
  const { certificate, key } = createIdentity();
  const server = createTlsServer({ key, cert: certificate }, (socket) => {
    const onward = connect(behind, '127.0.0.1');
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return { port: await portOf(server), certificate };
}

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
