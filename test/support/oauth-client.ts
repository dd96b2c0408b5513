import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';
import type { TestIssuer } from './issuer.ts';

/** What a client keeps between its logins. */
interface Kept {
  client?: object;
  tokens?: object;
  verifier: string;
  /** The address at which the user is asked, until the user has answered. */
  asks?: URL;
}

/** A client of the SDK with a user who agrees to everything. */
export interface LoggingIn {
  readonly client: Client;
  /** Addresses at which the user was asked, in order. */
  readonly asked: URL[];
  /** Calls a tool; if the client asks its user for more rights, the user agrees, and the call is repeated once. */
  call(name: string, args?: object): Promise<{ content: { text?: string }[]; isError?: boolean; _meta?: Record<string, unknown> }>;
  /** Requests of the client, as method and path. */
  readonly requests: string[];
}

const MODES = { legacy: 'legacy', modern: { pin: '2026-07-28' } } as const;

/** Logs in at a gateway through a test issuer, as a client does that starts with 401. `registered`: its id, if it cannot register itself. */
export async function logInThrough(
  issuer: TestIssuer,
  url: string,
  era: keyof typeof MODES,
  { redirect = 'http://localhost:7777/oauth/callback', registered }: { redirect?: string; registered?: string } = {},
): Promise<LoggingIn> {
  const kept: Kept = { verifier: '', ...(registered === undefined ? {} : { client: { client_id: registered } }) };
  if (registered !== undefined) issuer.clients.set(registered, [redirect]);
  const asked: URL[] = [];
  const requests: string[] = [];
  const provider = {
    redirectUrl: redirect,
    clientMetadata: { client_name: 'test', redirect_uris: [redirect], token_endpoint_auth_method: 'none' },
    clientInformation: () => kept.client,
    saveClientInformation: (client: object) => void Object.assign(kept, { client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens: object) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: (address: URL) => {
      asked.push(address);
      kept.asks = address;
    },
    saveCodeVerifier: (verifier: string) => void Object.assign(kept, { verifier }),
    codeVerifier: () => kept.verifier,
  };
  const create = () =>
    new StreamableHTTPClientTransport(new URL(url), {
      authProvider: provider as never,
      fetch: (input, init) => {
        requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`);
        return fetch(input, init);
      },
    });
  const agree = async (transport: StreamableHTTPClientTransport): Promise<void> => {
    const answer = await fetch(kept.asks as URL, { redirect: 'manual' });
    const back = answer.headers.get('location');
    if (back === null) throw new Error(`the issuer refused: ${answer.status} ${await answer.text()}`);
    await transport.finishAuth(new URL(back).searchParams);
  };
  const make = () => new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: MODES[era] } });
  let client = make();
  let transport = create();
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || kept.asks === undefined) throw error;
    await agree(transport);
    client = make();
    transport = create();
    await client.connect(transport);
  }
  onTestFinished(() => client.close());
  const call = (name: string, args: object) => client.callTool({ name, arguments: args as Record<string, unknown> });
  return {
    client,
    asked,
    requests,
    async call(name, args = {}) {
      try {
        return (await call(name, args)) as never;
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
        await agree(transport);
        return (await call(name, args)) as never;
      }
    },
  };
}
