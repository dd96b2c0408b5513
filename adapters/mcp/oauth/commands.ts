import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandContext, OpenCommandContext } from '../../../src/core/contract/adapter.ts';
import type { PluginStore } from '../../../src/core/contract/host.ts';
import type { Manifest } from '../../../src/core/contract/plugin.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import type { RemoteServer, ServerEntry } from '../entry.ts';
import { joinScopes } from './scopes.ts';
import { loginRecord } from './stored.ts';

interface Options {
  readonly config?: string;
  readonly logLevel?: string;
  readonly timeout?: string;
}

interface Place {
  readonly server: RemoteServer;
  readonly keep: PluginStore;
  readonly commandContext: CommandContext;
}

const WAIT_S = 300;
// What a shell would run, were the address pasted into one.
const SHELL = /[$()'`;|<>\\!*]/g;

/** `plugmux login` and `logout`: a person's login at a remote server, kept for every gateway of the same state. */
export function addCommands(program: Command, open: OpenCommandContext): void {
  program
    .command('login <server>')
    .helpGroup('Upstream servers:')
    .addHelpText('after', '\nExample:\n  $ plugmux login github')
    .description('log in to a remote server of "mcpServers" with a browser')
    .option('--timeout <seconds>', 'how long to wait for the browser', String(WAIT_S))
    .action((name: string, options: Options) => withServer(open, name, options, (place) => logIn(name, place, options)));
  program
    .command('logout <server>')
    .helpGroup('Upstream servers:')
    .addHelpText('after', '\nExample:\n  $ plugmux logout github')
    .description('delete the stored login of a remote server')
    .action((name: string, options: Options) =>
      withServer(open, name, options, async ({ server, keep, commandContext }) => {
        const record = loginRecord(keep, server.url, commandContext.host.hide);
        print(record.read() ? `Logged out of ${name}: its tokens are forgotten here.` : `Nobody is logged in to ${name}.`);
        record.forget();
      }),
    );
}

async function logIn(name: string, { server, keep, commandContext }: Place, { timeout }: Options): Promise<void> {
  const seconds = Number(timeout);
  const { logInByBrowser } = await import('./browser-login.ts');
  const record = loginRecord(keep, server.url, commandContext.host.hide);
  const before = record.read();
  const wanted = record.wanted();
  const login = await logInByBrowser({
    server,
    timeoutMs: (seconds > 0 ? seconds : WAIT_S) * 1000,
    proxy: commandContext.host.proxy,
    // What the login before could do, the next one can, too.
    beyond: joinScopes(before?.scope, before?.tokens?.scope, wanted.scope),
    metadata: wanted.metadata,
    visit(url) {
      print(`Open this address in a browser to log in to ${name} at ${url.host}:\n\n  ${url.href.replace(SHELL, encode)}\n`);
    },
  });
  record.write({ ...login, id: randomUUID() });
  record.settle();
  print(`Logged in to ${name}. Gateways that run with this configuration connect within a moment.`);
}

async function withServer(open: OpenCommandContext, name: string, options: Options, use: (place: Place) => Promise<void>): Promise<void> {
  const commandContext = await open(options);
  try {
    const manifest = (await commandContext.find(name)) as (Manifest & { readonly entry: ServerEntry }) | undefined;
    const keep = commandContext.store(name);
    if (!manifest || !keep) {
      throw new GatewayError('ENTRY_NOT_FOUND', `There is no server "${name}" in "mcpServers".`, {
        fix: 'Name one of them, and the configuration with --config.',
      });
    }
    const { server } = manifest.entry;
    if (server.kind === 'stdio' || server.kind === 'ws') {
      throw new GatewayError('CONFIG_INVALID', `${name} is no server that is reached over HTTP: there is no login of this kind.`, {
        fix: server.kind === 'ws' ? 'Give a token in "headers".' : 'Give what it needs in "env".',
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
