import { type Client, connectivityState, type ServiceError, status } from '@grpc/grpc-js';
import type { Host } from '../../src/core/contract/host.ts';
import { emptyOffer, type Offer, type Plugin, type PluginState, type Problem } from '../../src/core/contract/plugin.ts';
import { GatewayError, toError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/log.ts';
import { showName } from '../../src/core/text/text.ts';
import { createBackoff } from '../../src/host/group/backoff.ts';
import { leaving } from '../../src/host/group/stopped.ts';
import type { Caller } from './calls/run.ts';
import { connectionFault } from './calls/status.ts';
import { createClient, toMetadata } from './channel.ts';
import { buildTypes } from './descriptors/build.ts';
import { readDescriptors } from './descriptors/files.ts';
import { createLastKnown, type LastKnown } from './descriptors/last-known.ts';
import type { Descriptors } from './descriptors/limits.ts';
import { reflect } from './descriptors/reflection.ts';
import { checkHealth } from './health.ts';
import type { GrpcManifest } from './manifest.ts';
import { createSelection } from './offer/select.ts';
import { toTools } from './offer/tools.ts';

/** The whole discovery of a server; the sheet of the largest public servers takes a tenth of it. */
const DISCOVERY_MS = 10_000;
/** Several reasons to read the descriptors again, such as a restart and the calls it fails, arrive together. */
const REREAD_DELAY_MS = 250;

/** One gRPC server. Its tools stay listed while it is down, and its descriptors are read again after a restart. */
export class GrpcServer implements Plugin {
  readonly manifest: GrpcManifest;
  readonly #host: Host;
  readonly #log: Logger;
  readonly #backoff;
  readonly #known: LastKnown;
  readonly #changed: (() => void)[] = [];
  readonly #end = new AbortController();
  #client: Client | undefined;
  #state: PluginState = 'opening';
  #error: GatewayError | undefined;
  #offer: Offer | undefined;
  #hash: string | undefined;
  #first: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  /** Ends each call in flight. */
  readonly #inFlight = new Set<(error: GatewayError) => void>();

  constructor(manifest: GrpcManifest, host: Host) {
    this.manifest = manifest;
    this.#host = host;
    this.#log = host.log.area(`plugin:${manifest.id}`);
    this.#backoff = createBackoff(host.limits);
    this.#known = createLastKnown(host.cacheDir, manifest.id, manifest.options.target);
    for (const value of Object.values(manifest.options.metadata)) host.hide(value);
  }

  offer = (): Offer | undefined => this.#offer;
  state = (): PluginState => this.#state;
  error = (): GatewayError | undefined => this.#error;
  onChange = (listener: () => void): void => void this.#changed.push(listener);

  /** Resolves after the first attempt, failed or not. Attempts continue in the background. */
  start(): Promise<void> {
    this.#first ??= this.#read();
    return this.#first;
  }

  async check(): Promise<readonly Problem[]> {
    return this.#client ? checkHealth(this.#client, toMetadata(this.manifest.options.metadata), this.manifest.options.target) : [];
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#move('closed');
    clearTimeout(this.#timer);
    const until = performance.now() + this.#host.limits.drainMs;
    while (this.#inFlight.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    const why = leaving(this.#host.stopping);
    for (const stop of this.#inFlight)
      stop(new GatewayError('PLUGIN_STOPPED', `The gateway closed the connection to the server while the call was in flight: ${why}.`));
    this.#end.abort();
    this.#client?.close();
    await this.#reading;
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #read(): Promise<void> {
    this.#reading ??= this.#attempt().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #attempt(): Promise<void> {
    try {
      this.#client ??= this.#connect();
      const descriptors = await this.#descriptors(this.#client);
      if (this.#isClosed) return;
      this.#publish(descriptors);
      this.#backoff.healthy(performance.now());
      this.#move('ready');
    } catch (thrown) {
      if (this.#isClosed) return;
      const error = toDiscoveryError(thrown);
      this.#listKnown(error);
      // Tools that were listed once count as loaded; each call says that the server is down.
      if (this.#offer && this.#hash === undefined) this.#move('ready');
      else this.#move(this.#offer ? 'restarting' : 'failed', error);
      const isFinal = error.code === 'CONFIG_INVALID' || error.code === 'ENTRY_NOT_FOUND' || error.code === 'DEPENDENCY_MISSING';
      if (isFinal) return this.#log.error(`${error.message} ${error.fix}`);
      const delay = this.#backoff.failed(performance.now());
      this.#log.warn(`${error.message} Next try in ${(delay / 1000).toFixed(1)} s.`);
      this.#readAfter(delay);
    }
  }

  #connect(): Client {
    const { options } = this.manifest;
    toMetadata(options.metadata);
    const client = createClient(options, this.#host.limits.resultBytes, this.#host.proxy !== false);
    this.#follow(client);
    return client;
  }

  async #descriptors(client: Client): Promise<Descriptors> {
    const { options, startTimeoutMs = this.#host.limits.startTimeoutMs } = this.manifest;
    const { hasService } = createSelection(options.services, options.methods);
    if (options.descriptors.length > 0) return readDescriptors(options, this.#host, this.#end.signal);
    return reflect(client, toMetadata(options.metadata), Math.min(DISCOVERY_MS, startTimeoutMs), hasService);
  }

  // A server that is down still has the tools that it had.
  #listKnown({ message }: GatewayError): void {
    if (this.#offer || this.manifest.options.descriptors.length > 0) return;
    const known = this.#known.read();
    if (known) this.#publish(known, { code: 'PLUGIN_UNAVAILABLE', message: `${message} Its tools are those that it had last.` });
  }

  #publish(descriptors: Descriptors, old?: Problem): void {
    const { options } = this.manifest;
    const hash = this.#known.hashOf(descriptors);
    if (!old && hash === this.#hash) return;
    const types = buildTypes(descriptors);
    const selection = createSelection(options.services, options.methods);
    const { tools, problems, instructions } = toTools(types, selection, this.#caller(), options.zeros);
    const lost = [...types.faults].filter(([service]) => selection.hasService(service));
    this.#offer = {
      ...emptyOffer,
      tools,
      ...(instructions === '' ? {} : { instructions }),
      problems: [
        ...(old ? [old] : []),
        ...lost.map(([service, why]) => ({ subject: showName(service), message: `The service is not served: ${why}.` })),
        ...descriptors.faults.map((message) => ({ message })),
        ...problems,
        ...selection.unused().map((rule) => ({ subject: rule, message: 'No service or method of the server matches this rule.' })),
      ],
      facts: {
        target: options.target,
        descriptors: descriptors.from,
        services: types.services
          .filter(({ typeName }) => selection.hasService(typeName))
          .map(({ typeName }) => showName(typeName))
          .sort(),
        ...(types.repairs.length === 0 ? {} : { repaired: [...types.repairs] }),
      },
    };
    if (!old) {
      this.#hash = hash;
      if (options.descriptors.length === 0) this.#known.write(descriptors);
    }
  }

  #caller(): Caller {
    const client = this.#client as Client;
    return {
      client,
      metadata: toMetadata(this.manifest.options.metadata),
      resultBytes: this.#host.limits.resultBytes,
      started: (stop) => {
        if (this.#isClosed) throw new GatewayError('PLUGIN_UNAVAILABLE', `"${this.manifest.id}" is being closed.`);
        this.#inFlight.add(stop);
        return (error) => {
          this.#inFlight.delete(stop);
          // The method is gone, so the server is another one than before.
          if (error?.code === status.UNIMPLEMENTED) this.#readAfter(REREAD_DELAY_MS);
        };
      },
    };
  }

  // Called again by the library after every change; reads the descriptors again after a lost connection.
  #follow(client: Client, wasLost = false): void {
    const channel = client.getChannel();
    const state = channel.getConnectivityState(wasLost);
    if (state === connectivityState.SHUTDOWN) return;
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, (error) => {
      if (error || this.#isClosed) return;
      const next = channel.getConnectivityState(false);
      const isLost = next === connectivityState.IDLE || next === connectivityState.TRANSIENT_FAILURE;
      if (this.#offer && isLost && this.#state === 'ready')
        this.#move(
          'restarting',
          new GatewayError('PLUGIN_UNAVAILABLE', `The connection to ${this.manifest.options.target} was lost.`).idle,
        );
      if (next === connectivityState.READY && this.#state === 'restarting') this.#readAfter(REREAD_DELAY_MS);
      this.#follow(client, isLost || (wasLost && next !== connectivityState.READY));
    });
  }

  #readAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), ms);
    this.#timer.unref();
  }

  #move(state: PluginState, error?: GatewayError): void {
    if (this.#isClosed) return;
    this.#state = state;
    this.#error = error;
    for (const listener of this.#changed) listener();
  }
}

function toDiscoveryError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const error = toError(thrown) as ServiceError;
  const details = error.details ?? error.message;
  if (error.code === status.UNAVAILABLE)
    return new GatewayError('PLUGIN_UNAVAILABLE', `The server is unavailable: ${connectionFault(details)}.`, { cause: error });
  if (error.code === status.UNAUTHENTICATED || error.code === status.PERMISSION_DENIED)
    return new GatewayError('NEEDS_CONFIGURATION', `The server refuses reflection: ${showName(details)}.`, {
      field: 'metadata',
      fix: 'Check "metadata" and the certificates of its entry, or give its "descriptors".',
      cause: error,
    });
  if (error.code === status.DEADLINE_EXCEEDED)
    return new GatewayError('LOAD_TIMEOUT', 'The server did not send its descriptors in time.', { cause: error });
  return new GatewayError('HANDSHAKE_FAILED', `The server's descriptors cannot be read: ${showName(details)}.`, {
    fix: 'Give "descriptors" of its services, or correct the server.',
    cause: error,
  });
}
