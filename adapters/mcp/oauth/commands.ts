import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandContext, OpenCommandContext } from '../../../src/core/contract/adapter.ts';
import type { Manifest } from '../../../src/core/contract/plugin.ts';
import type { PluginStore } from '../../../src/core/contract/plugin-store.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { RemoteServer, ServerEntry } from '../entry.ts';
import { joinScopes } from './scopes.ts';
import { loginRecord } from './stored.ts';

interface Options {
  readonly config?: string;
  readonly logLevel?: string;
  readonly timeout?: string;
}

interface LoginTarget {
  readonly server: RemoteServer;
  readonly keep: PluginStore;
  readonly commandContext: CommandContext;
}

const WAIT_S = 300;
// Characters that a shell would interpret if the address is pasted into it.
const SHELL = /[$()'`;|<>\\!*]/g;

/** Adds `plugmux login` and `logout`: browser logins at remote servers, stored for all gateways with the same state folder. */
export function addCommands(program: Command, open: OpenCommandContext): void {
  program
    .command('login <server>')
    .helpGroup('Upstream servers:')
    .addHelpText('after', '\nExample:\n  $ plugmux login github')
    .description('log in to a remote server of "mcpServers" with a browser')
    .option('--timeout <seconds>', 'how long to wait for the browser', String(WAIT_S))
    .action((name: string, options: Options) => withServer(open, name, options, (target) => logIn(name, target, options)));
  program
    .command('logout <server>')
    .helpGroup('Upstream servers:')
    .addHelpText('after', '\nExample:\n  $ plugmux logout github')
    .description('delete the stored login of a remote server')
    .action((name: string, options: Options) =>
      withServer(open, name, options, async ({ server, keep, commandContext }) => {
        const record = loginRecord(keep, server.url, commandContext.host.hide);
        print(record.read() ? `Logged out of ${name}: its tokens were deleted.` : `No login is stored for ${name}.`);
        record.forget();
      }),
    );
}

async function logIn(name: string, { server, keep, commandContext }: LoginTarget, { timeout }: Options): Promise<void> {
  const seconds = Number(timeout);
  const { logInByBrowser } = await import('./browser-login.ts');
  const record = loginRecord(keep, server.url, commandContext.host.hide);
  const before = record.read();
  const wanted = record.wanted();
  const login = await logInByBrowser({
    server,
    timeoutMs: (seconds > 0 ? seconds : WAIT_S) * 1000,
    proxy: commandContext.host.proxy,
    // A new login keeps the scopes of the previous one.
    beyond: joinScopes(before?.scope, before?.tokens?.scope, wanted.scope),
    metadata: wanted.metadata,
    visit(url) {
      print(`Open this address in a browser to log in to ${name} at ${url.host}:\n\n  ${url.href.replace(SHELL, encode)}\n`);
    },
  });
  record.write({ ...login, id: randomUUID() });
  record.settle();
  print(`Logged in to ${name}. Gateways that run with this configuration connect within a few seconds.`);
}

async function withServer(
  open: OpenCommandContext,
  name: string,
  options: Options,
  use: (target: LoginTarget) => Promise<void>,
): Promise<void> {
  const commandContext = await open(options);
  try {
    const manifest = (await commandContext.find(name)) as (Manifest & { readonly entry: ServerEntry }) | undefined;
    const keep = commandContext.store(name);
    if (!manifest || !keep) {
      throw new GatewayError('ENTRY_NOT_FOUND', `No server "${name}" in "mcpServers".`, {
        fix: 'Check the name, and the configuration file with --config.',
      });
    }
    const { server } = manifest.entry;
    if (server.kind === 'stdio' || server.kind === 'ws') {
      throw new GatewayError('CONFIG_INVALID', `${name} has no browser login: it is not an HTTP server.`, {
        fix: server.kind === 'ws' ? 'Put a token into "headers".' : 'Put its credentials into "env".',
      });
    }
    await use({ server, keep, commandContext });
  } finally {
    await commandContext.close();
  }
}

function encode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
