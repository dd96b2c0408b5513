import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { literalAddress } from '../../core/checked-addresses.ts';
import type { HttpProxy } from './proxy.ts';
import { ProxyError, proxyFailure, refusalOf } from './unreachable.ts';

/** Opens a tunnel to the host of a URL through a proxy (CONNECT). Rejects with ProxyError. */
export function openTunnel(proxy: HttpProxy, target: URL, timeoutMs: number): Promise<Socket> {
  const { url, authorization } = proxy;
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:';
  const host = `${target.hostname}:${target.port || (isSecure ? 443 : 80)}`;
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestSecure : requestPlain;
    const call = request(url, {
      method: 'CONNECT',
      path: host,
      headers: { host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
      agent: false,
      timeout: timeoutMs,
    });
    call.on('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      // The next owner of the socket receives its errors too.
      socket.setTimeout(0).on('error', () => undefined);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(refusalOf(proxy, statusCode) ?? new ProxyError(proxy, `did not connect to ${host}: HTTP ${statusCode}`));
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error('it does not respond'), { code: 'ETIMEDOUT' })));
    call.on('error', (error) => reject(proxyFailure(proxy, error)));
    call.end();
  });
}

/** Like `openTunnel`, with TLS inside the tunnel for wss: URLs. */
export async function openSocket(proxy: HttpProxy, target: URL, timeoutMs: number): Promise<Socket> {
  const socket = await openTunnel(proxy, target, timeoutMs);
  if (target.protocol !== 'wss:') return socket;
  const host = literalAddress(target.hostname) ?? target.hostname;
  // TLS server names must not be IP addresses.
  return connectTls({ socket, host, ...(host === target.hostname ? { servername: host } : {}) });
}
