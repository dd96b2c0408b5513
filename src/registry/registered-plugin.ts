import type { PluginConfig } from '../config/config.ts';
import type { UserCommand } from '../core/contract/command.ts';
import type { Host } from '../core/contract/host.ts';
import type { ListRequester, Manifest, Offer, Plugin, Problem } from '../core/contract/plugin.ts';
import { deferred } from '../core/deferred.ts';
import { GatewayError } from '../core/errors.ts';
import { type Contribution, nativeName } from './catalogue/catalogue.ts';
import type { DiscoveredPlugin } from './discovery/discovered-plugin.ts';
import { cleanManifest } from './offer/clean-offer.ts';
import { type KnownTool, toKnown } from './offer/known-tools.ts';
import type { OfferMemory } from './offer/offer-memory.ts';
import type { RegistryLimits } from './offer/tools.ts';
import { VettedOffer } from './offer/vetted-offer.ts';
import { asFailure, checkPlugin, type PluginStatus, toStatus, toUnavailable, withVersion } from './plugin-status.ts';
import { capsOf, createValidatorSet, type ValidatorSet } from './validators.ts';

/** What a registered plugin reports to the registry. */
export interface RegisteredPluginEvents {
  changed(plugin: RegisteredPlugin): void;
  updated(plugin: RegisteredPlugin, uri: string): void;
}

/** What a registered plugin works with. */
export interface RegisteredPluginParts {
  readonly limits: RegistryLimits;
  readonly host: Host;
  readonly events: RegisteredPluginEvents;
  readonly memory: OfferMemory | undefined;
}

/** The record of one plugin version, from discovery to close: state, tools, status. */
export class RegisteredPlugin {
  readonly id: string;
  readonly digest: string;
  /** As the last reload left it: what the plugin itself was opened with is still the same. */
  config: PluginConfig;
  readonly #found: DiscoveredPlugin;
  /** What may be shown of the plugin's manifest. */
  readonly #manifest: Manifest | undefined;
  readonly #parts: RegisteredPluginParts;
  // The version that this one replaces: it stands in until this one has listed.
  #predecessor: RegisteredPlugin | undefined;
  readonly #validators: ValidatorSet;
  /** Whether `listed` has settled. */
  hasListed = false;
  /** What the last start left of it: its offer, or only that it loaded or failed. */
  known: 'offer' | 'loaded' | 'failed' | undefined;
  /** What it brings is what the last start knew, until it has opened or failed. */
  isRemembered = false;
  /** When the plugin has listed what it offers, or never will. */
  readonly listed = deferred();
  /** When it is not served from memory any more. */
  readonly opened = deferred();
  #opening: Promise<void> | undefined;
  #loaded = false;
  // What was kept for the next start.
  #kept: Offer | 'failed' | undefined;
  #plugin: Plugin | undefined;
  #disabled: string | undefined;
  #error: GatewayError | undefined;
  // What it said last cannot be used.
  #fault: GatewayError | undefined;
  readonly #offer = new VettedOffer();
  #closed = false;
  #updating: Promise<void> | undefined;

  constructor(found: DiscoveredPlugin, digest: string, parts: RegisteredPluginParts, predecessor?: RegisteredPlugin) {
    this.id = found.id;
    this.digest = digest;
    this.config = found.config;
    this.#found = found;
    this.#manifest = found.manifest && cleanManifest(found.manifest);
    this.#parts = parts;
    this.#validators = createValidatorSet(capsOf(parts.limits));
    this.#predecessor = predecessor;
    this.#error = found.error;
  }

  #settle(): void {
    this.hasListed = true;
    this.#predecessor = undefined;
    this.listed.resolve();
  }

  /** Opens the plugin unless it was refused, or serves it as the last start knew it. A failure is kept and told, never thrown. */
  async open(refused: string | GatewayError | undefined): Promise<void> {
    const { manifest, adapter } = this.#found;
    if (refused instanceof GatewayError) this.#error ??= refused;
    this.#disabled = refused instanceof GatewayError ? refused.message : refused;
    if (refused !== undefined || !manifest || !adapter) return this.#settle();
    if (!(await this.#recall())) await this.openPlugin();
  }

  async #recall(): Promise<boolean> {
    const refuse = (): Promise<never> => Promise.reject(toUnavailable(this.status()));
    // While a plugin is replaced, the version before stands in for it.
    const remembered = this.#predecessor ? undefined : this.#parts.memory?.get(this.#found, refuse);
    this.known = typeof remembered === 'object' ? 'offer' : remembered;
    if (typeof remembered !== 'object') return false;
    this.isRemembered = true;
    try {
      await this.#vet(remembered, false);
      this.#settle();
    } catch {
      this.#forget();
    }
    return this.isRemembered;
  }

  #forget(): void {
    if (this.isRemembered) this.#offer.clear();
    this.isRemembered = false;
  }

  /** Opens a plugin that was served from memory so far; any other one has been opened already. */
  openPlugin(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Settles once it has listed, or a list is made without it. */
  listedOrLate = (): Promise<void> =>
    Promise.race([this.listed.promise, this.openPlugin().then(() => this.#plugin?.late?.() ?? this.listed.promise)]);

  async #open(): Promise<void> {
    const { manifest, adapter } = this.#found;
    if (this.#closed || this.#disabled !== undefined || this.#error || !manifest || !adapter) return;
    try {
      const plugin = await adapter.open(manifest, this.#parts.host, this.isRemembered ? this.#offer.given : undefined);
      this.#plugin = plugin;
      if (this.#closed) return await plugin.close();
      plugin.onChange(() => {
        this.#updating = this.#takeOver();
      });
      plugin.onUpdated?.((uri) => this.#parts.events.updated(this, uri));
      await this.#update();
    } catch (error) {
      this.#error = asFailure(error, this.id);
      this.#fail();
    }
  }

  #fail(): void {
    this.#forget();
    this.#settle();
    this.#parts.events.changed(this);
    this.opened.resolve();
  }

  // The one way from a plugin's word to the catalogue: what cannot be used is that plugin's failure, until it says something else.
  async #takeOver(again = false): Promise<void> {
    try {
      await this.#update(again);
    } catch (error) {
      this.#fault = asFailure(error, this.id);
      this.#fail();
    }
  }

  async #update(again = false): Promise<void> {
    const offered = this.#offered();
    const given = offered ?? (again && this.isRemembered ? this.#offer.given : undefined);
    this.#fault = undefined;
    if (given && (again || given !== this.#offer.given)) {
      // If another offer came meanwhile, that one is told.
      if (!(await this.#vet(given, again))) return;
      if (offered) this.isRemembered = false;
    } else if (this.#offer.isVetting) {
      // What happens meanwhile is told with what is being vetted: before that the plugin has not listed.
      return;
    }
    // One that is being restarted, or has begun to explain itself, may never list: nobody waits for it.
    const isLate = !given && (this.#isOut() || this.#plugin?.state() === 'restarting');
    if (isLate) this.#forget();
    if (given || isLate || this.#isOut() || this.#plugin?.error?.()) this.#settle();
    this.#parts.events.changed(this);
    if (!this.isRemembered) this.opened.resolve();
  }

  /** Whether its text declares a tool, which is listed once the plugin has loaded. */
  declares(native: string): boolean {
    return this.#plugin?.offer()?.tools.some((tool) => nativeName(tool, this.config.names) === native) === true;
  }

  // Until it has loaded nobody knows whether it can, so what it would offer does not count; a newer version takes over at once.
  #offered(): Offer | undefined {
    const offer = this.#plugin?.offer();
    this.#loaded ||= offer !== undefined && this.#plugin?.state() === 'ready';
    const shown = this.isRemembered ? (this.#offer.given?.tools.length ?? 0) : 0;
    if (offer?.awaitsTools === true && shown > 0) return undefined;
    return this.#loaded || this.#predecessor || (offer?.needs.length ?? 0) > 0 ? offer : undefined;
  }

  #vet(given: Offer, again: boolean): Promise<boolean> {
    const { validate } = this.config;
    return this.#offer.take(given, { plugin: this.id, limits: this.#parts.limits, validators: this.#validators, validate }, again);
  }

  /** Vets what it offers by the limits that hold now. */
  vetAgain(): void {
    this.#updating = this.#takeOver(true);
  }

  state(): PluginStatus['state'] {
    if (this.#closed) return 'closed';
    if (this.#disabled !== undefined) return 'disabled';
    if (this.#isOut())
      return (this.#error ?? this.#fault ?? this.#plugin?.error?.())?.code === 'NEEDS_CONFIGURATION' ? 'needs-config' : 'failed';
    const state = this.#plugin?.state() ?? 'opening';
    if ((state === 'ready' || state === 'opening') && (this.#offer.given?.needs.length ?? 0) > 0) return 'needs-config';
    return state === 'ready' && this.isRemembered ? 'opening' : state;
  }

  /** Whether it is not served, and will not be by itself. */
  #isOut(): boolean {
    return this.#error !== undefined || this.#fault !== undefined || this.#plugin?.state() === 'failed';
  }

  /** What it brings into the catalogue; nothing while it is disabled. */
  contribution(remembered: () => KnownTool[]): Contribution | undefined {
    const manifest = this.#manifest;
    if (this.#closed || this.#disabled !== undefined) return undefined;
    const predecessor = this.#predecessor?.contribution(() => []);
    if (predecessor?.offer && !predecessor.opening && !this.#offer.given) return predecessor;
    const { id, origin, guards = false } = this.#found;
    const known = manifest ?? { id, version: '', adapter: '', origin, watch: [], digest: '', ...(guards ? { guards } : {}) };
    // A failed plugin offers nothing, but keeps its claim on the names it had.
    const offer = this.#isOut() ? undefined : this.#offer.clean?.offer;
    return {
      manifest: withVersion(known, offer),
      offer,
      vetted: this.#offer.tools,
      names: this.config.names,
      remembered: offer ? [] : remembered(),
      ...(this.isRemembered ? { opening: true } : {}),
    };
  }

  /** What the next start may know of its tools, once it has listed. */
  knownTools(): KnownTool[] | undefined {
    const { given, tools } = this.#offer;
    if (!given || given.needs.length > 0 || this.isRemembered) return undefined;
    return tools.tools.map(({ tool }) => toKnown(tool, nativeName(tool, this.config.names)));
  }

  status(): PluginStatus {
    return {
      id: this.id,
      ...toStatus(this.#manifest, this.#found.origin, this.#offer),
      state: this.state(),
      error: this.#error ?? this.#fault ?? this.#plugin?.error?.(),
    };
  }

  /** What a person can run on it. */
  commands = (): readonly UserCommand[] => this.#offer.given?.commands ?? [];
  check = async (): Promise<readonly Problem[]> => (this.#plugin ? checkPlugin(this.#plugin) : []);
  watch = (uris: ReadonlySet<string>): void => this.#plugin?.setSubscriptions?.(uris);

  refresh(asker: ListRequester): Promise<void> | undefined {
    if (this.state() !== 'ready') return undefined;
    return this.#plugin?.refresh?.(asker)?.then(() => this.#updating);
  }

  /** Keeps what it offers for the next start, or that it did not load. */
  remember(): void {
    const { given } = this.#offer;
    if (!this.#manifest || this.#closed || this.#disabled !== undefined || this.isRemembered) return;
    // One that is still opening has not failed: what the last start knew of it stays.
    const hasFailed = this.#isOut() || (!this.#loaded && this.#plugin?.state() === 'restarting');
    const now = hasFailed ? 'failed' : this.#loaded ? given : undefined;
    if (now === undefined || now === this.#kept) return;
    this.#kept = now;
    this.#parts.memory?.set(this.#found, now === 'failed' ? undefined : now);
  }

  async start(): Promise<void> {
    await this.openPlugin();
    await this.#plugin?.start();
    // What it lists is served once it has been vetted.
    await this.#offer.vetted();
  }

  /** Forgets what kept it from being opened; false where nothing did. */
  resetFailure(): boolean {
    const { manifest, adapter } = this.#found;
    if (this.#closed || this.#disabled !== undefined || !this.#isOut()) return false;
    if (manifest) adapter?.resetFailure?.(manifest, this.#parts.host);
    return true;
  }

  async close(disabled = false): Promise<void> {
    // Whatever a plugin does when it is disabled, it does also if it has not been needed so far.
    if (disabled) await this.openPlugin();
    this.#closed = true;
    this.#settle();
    this.opened.resolve();
    await this.#plugin?.close(disabled);
  }
}
