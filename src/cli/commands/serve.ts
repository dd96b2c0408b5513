import type { Command } from 'commander';
import { adminPluginRoutes } from '../../admin/admin-plugins.ts';
import { metricsRoute } from '../../admin/metrics.ts';
import type { MetricSources } from '../../admin/prometheus.ts';
import type { App } from '../../app.ts';
import { servesConsole } from '../../config/listen.ts';
import { createConsole } from '../../console/console.ts';
import { compileSooner } from '../../core/compile-sooner.ts';
import type { Adapter } from '../../core/contract/adapter.ts';
import { DEFAULT_PROFILE } from '../../core/contract/caller.ts';
import { toError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { PATHS } from '../../core/paths.ts';
import { httpLines, stdioLine } from '../connect.ts';
import { openSession } from '../context.ts';
import { createFetchJson } from '../fetch-json.ts';
import { firstScreen } from '../first-screen.ts';
import { columns, printMasked } from '../print.ts';
import type { StartOptions } from '../start-options.ts';
import { untilStopped } from '../stop.ts';
import { consoleBase } from '../window/console-base.ts';
import { recordLoads } from '../window/serve-windows.ts';
import { takeWindows } from '../window/take-windows.ts';

/** Adds `plugmux serve`. */
export function addServe(program: Command, adapters: readonly Adapter[]): void {
  program
    .command('serve')
    .description('serve the plugins over HTTP')
    .option('--http <address>', 'address and port to listen on, such as 127.0.0.1:8808')
    .option('--json', 'print the addresses as JSON')
    .action((options: StartOptions) => runServe(options, adapters));
}

/** `plugmux serve`: the gateway over HTTP until it is stopped. */
export async function runServe(options: StartOptions, adapters: readonly Adapter[]): Promise<void> {
  compileSooner();
  const session = openSession(options, adapters, { here: true, quiet: false }, options.http === undefined ? {} : { http: options.http });
  const { config, log } = session;
  const { checkBind, checkReload } = await import('../../transports/edge/edge.ts');
  checkBind(config);
  const { serveHttp } = await import('../../transports/http.ts');
  await untilStopped(
    log,
    () => session.limits().drainMs,
    async (stopped) => {
      const app = await session.open({ forCalls: true });
      const codes = adapters.find(({ adminCodes }) => adminCodes);
      const routes = new Map([...adminPluginRoutes(app.admin, session.redactor, codes), ...metricsRoute(metricsOf(app))]);
      const openConsole = createConsole({ app, redactor: session.redactor, log });
      const behind = { fallThrough: openConsole, fetchJson: createFetchJson(() => app.config().proxy) };
      const http = await serveHttp(app.engine, config, app.limits, app, routes, log, behind).catch(async (error) => {
        await app.close();
        throw error;
      });
      const loads = recordLoads(session.load, () => app.config().file);
      const windows = await takeWindows(app, session, loads, http.origin);
      void app.registry.start();
      // Clients are served meanwhile. Wait, so that the printed states are true.
      const opening = app.registry.opened(app.limits.firstListMs);
      if ((await Promise.race([opening, stopped.then(() => 'over')])) !== 'over') {
        announce(app, app.config().listen.public ?? http.origin, PATHS, options.json);
        // Logs and pipes of other programs must not get a link that logs in.
        if (process.stdout.isTTY && !options.json) await printLink(app, http.origin, log);
        app.onConfig(http.applyConfig);
        await app.watchConfig((took) => {
          const next = loads.load(took);
          checkReload(next, app.config());
          return next;
        });
      }
      await stopped;
      app.drain();
      await Promise.all([http.drain(), windows?.end('stopped')]);
      await app.close();
      await http.close();
      session.flushLog();
    },
  );
}

function metricsOf({ gateway, engine, config, plugins, approvals }: App): MetricSources {
  return { gateway, engine, config, plugins, approvals: approvals.count };
}

function announce(app: App, origin: string, paths: Readonly<Record<string, string>>, json: boolean | undefined): void {
  const { file, profiles } = app.config();
  const url = origin + paths.streamable;
  const urls = {
    'Streamable HTTP': url,
    'HTTP+SSE': origin + paths.sse,
    WebSocket: `${origin.replace('http', 'ws')}${paths.websocket}`,
  };
  const lines = [...httpLines(url), ...(file === undefined ? [] : [stdioLine(file)])];
  const plugins = app.registry.plugins();
  const tools = app.registry.catalogue().tools.size;
  const connect = Object.fromEntries(lines.map((l) => [l.client, l.line]));
  const named = [...profiles.keys()].filter((name) => name !== DEFAULT_PROFILE);
  const below = named.length > 0 ? ['', `profiles, one level below each address: ${named.join(', ')}`] : [];
  printMasked({ url, urls, profiles: named, plugins: plugins.map((p) => p.id), tools, connect }, json, () =>
    [...firstScreen(app), '', columns(Object.entries(urls)), ...below, '', columns(lines.map(({ client, line }) => [client, line]))].join(
      '\n',
    ),
  );
}

async function printLink({ config, stateFile }: App, origin: string, log: Logger): Promise<void> {
  if (!servesConsole(config())) return;
  const { createLoginCode, loginLink } = await import('../../console/login-code.ts');
  try {
    process.stdout.write(`\nConsole  ${loginLink(consoleBase(config().listen, origin), createLoginCode(stateFile))}\n`);
  } catch (error) {
    log.warn(`no login link for the console can be made: ${toError(error).message}`);
  }
}
