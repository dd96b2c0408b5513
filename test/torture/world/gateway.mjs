import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLineSplitter } from '../../../dist/src/core/text/lines.js';
import { descendants, descriptors, lives, nameOf, total, withEnvironment, within } from './processes.mjs';

const MAIN = fileURLToPath(new URL('../../../dist/test/fixture-main.mjs', import.meta.url));
const PROBE = new URL('./probe.mjs', import.meta.url).href;

/** The command line of a gateway on stdio. */
export function stdioCommand(world) {
  return { args: [process.execPath, MAIN, 'stdio', '--config', world.file], env: environment(world) };
}

// Plugin processes inherit no environment, so they are found by a variable in the configuration.
function environment({ mark, env }) {
  return { ...process.env, ...env, TORTURE_RUN: mark };
}

/** The gateway under test: the built program, with a probe for its memory. */
export class Gateway {
  #world;
  #oracle;
  #child;
  #seen = new Map();
  #others = () => [];
  #watch;
  #log = [];
  url;
  exited;

  constructor(world, oracle) {
    this.#world = world;
    this.#oracle = oracle;
  }

  get pid() {
    return this.#child.pid;
  }

  get alive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Further gateways of the run, whose processes are tracked too. */
  alsoWatch(pids) {
    this.#others = pids;
  }

  /** Its last output, without that of plugins. */
  log(lines) {
    return this.#log.slice(-lines);
  }

  #said(line) {
    this.#oracle.inspectSecrets("the gateway's log", line);
    if (line.includes('"stream":')) return;
    this.#log.push(line);
    if (this.#log.length > 200) this.#log.shift();
  }

  async start() {
    const args = ['--import', PROBE, MAIN, 'serve', '--http', '127.0.0.1:0', '--json', '--config', this.#world.file];
    const env = { ...environment(this.#world), TORTURE_PROBE: join(this.#world.dir, 'probe.json') };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child = child;
    this.exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code)));
    const read = createLineSplitter(16 * 1024 * 1024, { line: (line) => this.#said(line.toString()), tooLong: () => undefined });
    child.stderr.on('data', read);
    let out = '';
    this.url = await new Promise((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        out += chunk;
        const url = /"url": ?"(http:[^"]+)\/mcp"/.exec(out)?.[1];
        if (url !== undefined) resolve(url);
      });
      void this.exited.then((how) => reject(new Error(`the gateway ended with ${how}: ${this.#log.join('\n')}`)));
    });
    // Every process that it starts is tracked: none of them may be left at the end.
    this.#watch = setInterval(() => this.#remember(), 250);
    this.#remember();
  }

  #remember() {
    for (const root of [this.pid, ...this.#others()])
      for (const process of descendants(root)) this.#seen.set(`${process.pid} ${process.start}`, process);
  }

  at(kind) {
    const path = { http: '/mcp', sse: '/sse', ws: '/ws' }[kind];
    return `${kind === 'ws' ? this.url.replace('http', 'ws') : this.url}${path}`;
  }

  /** Over a separate connection, which is included in the count of open ones. */
  status() {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#world.tokens.admin}` };
      const sent = request(`${this.url}/status`, { agent: false, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Its memory after a collection; the median of three. */
  async memory() {
    const found = [];
    const file = join(this.#world.dir, 'probe.json');
    for (let i = 0; i < 3; i++) {
      rmSync(file, { force: true });
      process.kill(this.pid, 'SIGUSR2');
      let text = '';
      await within(10_000, () => {
        try {
          text = readFileSync(file, 'utf8');
          return text.endsWith('}');
        } catch {
          return false;
        }
      });
      found.push(JSON.parse(text));
    }
    const median = (key) => found.map((m) => m[key]).sort((a, b) => a - b)[1];
    return { rss: median('rss'), heap: median('heapUsed'), external: median('external') };
  }

  holds() {
    const open = descriptors(this.pid);
    const children = descendants(this.pid);
    return { children: children.length, names: children.map(nameOf), descriptors: total(open), open };
  }

  /** The remaining processes that it started. */
  left() {
    return [...this.#seen.values(), ...withEnvironment(`TORTURE_RUN=${this.#world.mark}`)].filter(
      (p) => p.pid !== this.pid && p.pid !== process.pid && lives(p),
    );
  }

  stop(signal) {
    clearInterval(this.#watch);
    if (this.alive) this.#remember();
    this.#child.kill(signal);
    return this.exited;
  }

  /** Cleans up after the run, with any outcome. */
  async end() {
    if (this.alive) await this.stop('SIGKILL');
    for (const process_ of this.left()) {
      try {
        process.kill(process_.pid, 'SIGKILL');
      } catch {
        // It has exited meanwhile.
      }
    }
  }
}
