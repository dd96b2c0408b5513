import type { LaunchContext, ProgramLaunch, ProgramSession, RunningProgram } from '../../../src/core/contract/program-runtime.ts';
import { deferred } from '../../../src/core/deferred.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { type Handshake, handshakeEnvironment, readHandshake } from './handshake.ts';
import { createLogReader } from './log-lines.ts';
import type { PluginProgram } from './program.ts';
import { createTracebacks } from './tracebacks.ts';

const DOUBT_MS = 1_000;

/** Prepares one start of a plugin program: environment, handshake and connection. */
export async function toLaunch(program: PluginProgram, { folder, stage }: LaunchContext): Promise<ProgramLaunch> {
  const readLog = createLogReader();
  const tracebacks = createTracebacks();
  const handshake = deferred<Handshake>();
  handshake.promise.catch(() => undefined);
  let isDone = false;
  const tls = program.tls === 'off' ? undefined : (await import('./tls.ts')).createHostTls();

  return {
    command: program.command,
    args: program.args,
    ...(program.fix === undefined ? {} : { fix: program.fix }),
    // Compiled Python files would change the installed files, which are verified at every start.
    env: {
      ...handshakeEnvironment(folder()),
      ...(program.fixed ? { PYTHONDONTWRITEBYTECODE: '1' } : {}),
      ...(tls ? { PLUGIN_CLIENT_CERT: tls.certificate } : {}),
    },
    output(text, stream, isCut) {
      if (stream === 'stderr') {
        tracebacks.line(text);
        return readLog(text);
      }
      if (isDone) return { level: 'debug', text };
      try {
        const read = readHandshake(text, isCut);
        if (read === undefined) return undefined;
        if ('doubtful' in read) {
          // Other code may have printed the line; then the real handshake follows within 1 s.
          setTimeout(() => handshake.reject(read.doubtful), DOUBT_MS).unref();
          return undefined;
        }
        handshake.resolve(read.handshake);
      } catch (error) {
        handshake.reject(error);
      }
      isDone = true;
      return null;
    },
    async connect(running: RunningProgram): Promise<ProgramSession> {
      stage('handshake');
      const { target, certificate } = await Promise.race([handshake.promise, running.exited.then((why) => failToStart(why, program.fix))]);
      if (certificate === undefined && program.tls === 'required') {
        throw new GatewayError('HANDSHAKE_FAILED', 'The plugin has no certificate, but the configuration requires one.', {
          fix: 'Set "autoMtls" to "wanted" or false for this plugin.',
        });
      }
      const { openSession } = await import('./session.ts');
      const channel = tls && certificate ? tls.credentials(certificate) : undefined;
      return openSession({ target, channel, program, running, tracebacks, stage });
    },
  };
}

function failToStart(why: string, fix: string | undefined): never {
  throw new GatewayError('HANDSHAKE_FAILED', `The plugin did not start: ${why}.`, fix === undefined ? {} : { fix });
}
