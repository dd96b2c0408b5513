import type { App } from '../../app.ts';
import { createConsole } from '../../console/console.ts';
import type { HttpTransport } from '../../transports/http.ts';
import { ownCommand } from '../connect.ts';
import type { CliSession } from '../context.ts';

/** The console of a gateway that listens on no port until someone asks for it. */
export interface ConsolePort {
  /** Its address; opens the port the first time. */
  address(): Promise<string>;
  /** Whether it was asked for or used since the last question, or a page is open. */
  isUsed(): boolean;
  close(): Promise<void>;
}

/** Creates it. The port is on loopback and serves the console only, since a gateway without tokens would serve any local user. */
export function createConsolePort(app: App, { redactor, log }: Pick<CliSession, 'redactor' | 'log'>): ConsolePort {
  let opening: Promise<HttpTransport> | undefined;
  let opened: HttpTransport | undefined;
  let isAsked = false;
  const onLoopback = (): ReturnType<App['config']> => {
    const config = app.config();
    return { ...config, listen: { ...config.listen, host: '127.0.0.1', port: 0 } };
  };
  const isOn = (): boolean => app.config().console ?? true;
  // `plugmux console` opens the port when it is asked for.
  app.approvals.offer(isOn);
  const open = async (): Promise<HttpTransport> => {
    const { serveHttp } = await import('../../transports/http.ts');
    const fallThrough = createConsole({ app, redactor, log, command: [...ownCommand(), 'stdio'] }, isOn);
    opened = await serveHttp(app.engine, onLoopback(), app.limits, app, new Map(), log, { fallThrough, only: true });
    app.onConfig(() => opened?.applyConfig(onLoopback()));
    return opened;
  };
  return {
    async address() {
      isAsked = true;
      opening ??= open();
      try {
        return (await opening).origin;
      } catch (error) {
        opening = undefined;
        throw error;
      }
    },
    isUsed() {
      const was = isAsked || opened?.isConsoleUsed() === true;
      isAsked = false;
      return was;
    },
    close: async () => opened?.close(),
  };
}
