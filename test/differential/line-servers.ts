import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { FIXTURE_BIN, writeConfig } from '../support/gateway.ts';
import { type AtEnd, tempFolder } from '../support/temp.ts';
import { LinePlayer } from './line-player.ts';
import { build } from './reference.ts';

/** The reference and the gateway on streams of lines, each with one client. */
export function linePlayers(atEnd: AtEnd, closing: (id: string) => object): [LinePlayer, LinePlayer] {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const reference = serveStdio(build, { transport: new StdioServerTransport(input, output) });
  atEnd(() => reference.close());

  const gateway = spawn(process.execPath, [FIXTURE_BIN, 'stdio', '--config', writeConfig({}, ['plain'], tempFolder(atEnd))], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const gone = new Promise((resolve) => gateway.once('exit', resolve));
  atEnd(() => {
    gateway.stdin.end();
    return gone;
  });
  return [new LinePlayer(input, output, closing), new LinePlayer(gateway.stdin, gateway.stdout, closing)];
}
