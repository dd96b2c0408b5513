import type { JwtConfig } from '../../config/auth/auth.ts';
import type { Config } from '../../config/config.ts';
import { toError } from '../../core/errors.ts';
import { asObject, type JsonObject } from '../../core/json/json.ts';
import { PATHS } from '../../core/paths.ts';
import { type FetchJson, fetchMetadata, keyAddress, toKeySet } from '../../transports/login/jwks.ts';
import { metadataAddress, placeAt, rootMetadataAddress } from '../../transports/login/places.ts';

/** One thing that a login needs, and whether it is there. */
export interface AuthCheck {
  readonly what: string;
  readonly isOk: boolean;
  readonly message: string;
  readonly fix?: string;
}

/** What an MCP client will do at the login. */
export interface ClientNote {
  readonly client: string;
  readonly will: string;
}

/** The checks of the login, from outside in. */
export interface AuthReport {
  readonly checks: readonly AuthCheck[];
  readonly clients: readonly ClientNote[];
}

const NO_ISSUER = 'no authorization server is configured';
const FORWARD = 'Have the proxy forward this address unchanged, and start the gateway with this configuration.';

/** Checks what MCP clients of the gateway will find: its metadata at `listen.public`, then that of each issuer and its keys. */
export async function checkAuth({ jwt = [], listen, profiles }: Config, fetchJson: FetchJson): Promise<AuthReport> {
  const { public: published } = listen;
  if (jwt.length === 0 || published === undefined) {
    const fix = 'Add "auth.jwt" and "listen.public" to mcp.json; src/transports/login/README.md has recipes.';
    return { checks: [{ what: 'auth.jwt', isOk: false, message: NO_ISSUER, fix }], clients: [] };
  }
  const served = new Set(jwt.flatMap((issuer) => issuer.profiles).filter((profile) => profiles.has(profile)));
  const paths = [PATHS.streamable, ...[...served].map((profile) => `${PATHS.streamable}/${profile}`)];
  const own = await Promise.all(paths.map((path) => checkResource(published, path, jwt, fetchJson)));
  const issuers = await Promise.all(jwt.map((issuer) => checkIssuer(issuer, fetchJson)));
  const isEncrypted = published.startsWith('https:');
  const plain: AuthCheck = {
    what: 'listen.public',
    isOk: false,
    message: `${published} is not https, so tokens can be read on the way, and hosted clients refuse it`,
    fix: 'Set "listen.tls", or put a TLS proxy in front.',
  };
  return {
    checks: [...(isEncrypted ? [] : [plain]), ...own.flat(), ...issuers.flatMap(({ checks }) => checks)],
    clients: describeClients(published, jwt[0] as JwtConfig, issuers[0]?.metadata),
  };
}

async function checkResource(published: string, path: string, jwt: readonly JwtConfig[], fetchJson: FetchJson): Promise<AuthCheck[]> {
  const place = placeAt(path);
  const addresses = new Set([rootMetadataAddress(published, path), ...(place ? [metadataAddress(published, place)] : [])]);
  return Promise.all(
    [...addresses].map(async (address): Promise<AuthCheck> => {
      const what = `metadata of ${published}${path}`;
      try {
        const { resource, authorization_servers: servers } = asObject(await fetchJson(address));
        if (resource !== published + path)
          return { what, isOk: false, message: `${address} names ${JSON.stringify(resource)}`, fix: 'Correct "listen.public".' };
        const isSame = JSON.stringify(servers) === JSON.stringify(jwt.map(({ issuer }) => issuer));
        if (!isSame) return { what, isOk: false, message: `${address} names other authorization servers`, fix: FORWARD };
        return { what, isOk: true, message: address };
      } catch (error) {
        return { what, isOk: false, message: `${address}: ${toError(error).message}`, fix: FORWARD };
      }
    }),
  );
}

async function checkIssuer(issuer: JwtConfig, fetchJson: FetchJson): Promise<{ checks: AuthCheck[]; metadata: JsonObject | undefined }> {
  const checks: AuthCheck[] = [];
  const what = `issuer ${issuer.name}`;
  let metadata: JsonObject | undefined;
  try {
    metadata = await fetchMetadata(issuer.issuer, fetchJson);
    const methods = metadata.code_challenge_methods_supported;
    const hasPkce = Array.isArray(methods) && methods.includes('S256');
    checks.push({ what, isOk: true, message: `its metadata names ${issuer.issuer}` });
    checks.push(
      hasPkce
        ? { what, isOk: true, message: 'it advertises PKCE with S256' }
        : {
            what,
            isOk: false,
            message: 'its metadata does not advertise PKCE with S256, so clients that follow the specification stop',
            fix: 'Turn on PKCE. Entra ID has it without saying so: Claude Code and VS Code go on.',
          },
    );
  } catch (error) {
    checks.push({ what, isOk: false, message: toError(error).message, fix: 'Correct "issuer": it must equal "iss" of its tokens.' });
  }
  try {
    const address = await keyAddress(issuer, fetchJson);
    const { keys } = toKeySet(await fetchJson(address));
    checks.push({ what, isOk: true, message: `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} at ${address}` });
  } catch (error) {
    const message = `its keys cannot be read: ${toError(error).message}`;
    checks.push({ what, isOk: false, message, fix: 'Correct "jwksUri", or let the gateway reach that address.' });
  }
  return { checks, metadata };
}

// As the clients behaved when this was written; README.md has the redirects to register.
function describeClients(published: string, issuer: JwtConfig, metadata: JsonObject = {}): ClientNote[] {
  const registers = typeof metadata.registration_endpoint === 'string';
  const reads = metadata.client_id_metadata_document_supported === true;
  const url = `${published}${PATHS.streamable}`;
  const itself = reads ? 'names itself by its document' : 'registers itself';
  const byHand = `claude mcp add --transport http --client-id <id> --callback-port 3118 plugmux ${url}`;
  const hosted = published.startsWith('https:') ? '' : '; it needs https';
  return [
    {
      client: 'Claude Code',
      will: reads || registers ? `${itself}, then \`/mcp\` opens ${issuer.issuer}` : `needs a client registered by hand: ${byHand}`,
    },
    { client: 'VS Code', will: reads || registers ? `${itself} and opens a browser` : 'asks for the id of a client registered by hand' },
    {
      client: 'Gemini CLI',
      will: registers ? 'registers itself on `/mcp auth plugmux`' : 'needs "oauth": { "clientId": … } in its settings',
    },
    {
      client: 'claude.ai, ChatGPT',
      will: `${reads || registers ? itself : 'needs the id of a client registered by hand'}, if ${published} can be reached from the internet${hosted}`,
    },
  ];
}

/** The report as text. */
export function authText({ checks, clients }: AuthReport): string {
  const lines = checks.flatMap(({ what, isOk, message, fix }) => [
    `${isOk ? 'ok    ' : 'FAILED'}  ${what}: ${message}`,
    ...(fix === undefined ? [] : [`          -> ${fix}`]),
  ]);
  if (clients.length > 0) lines.push('', ...clients.map(({ client, will }) => `${client}: ${will}`));
  return lines.join('\n');
}
