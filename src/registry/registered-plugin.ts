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
  /** The manifest without hidden characters. */
  readonly #manifest: Manifest | undefined;
  readonly #parts: RegisteredPluginParts;
  // The version that this one replaces; it serves until this one has listed.
  #predecessor: RegisteredPlugin | undefined;
  readonly #validators: ValidatorSet;
  /** Whether `listed` has settled. */
  hasListed = false;
  /** What the last start stored: the offer, or only that the plugin loaded or failed. */
  known: 'offer' | 'loaded' | 'failed' | undefined;
  /** Whether the offer comes from the last start; until the plugin has opened or failed. */
  isRemembered = false;
  /** Resolves when the plugin has listed its offer, or never will. */
  readonly listed = deferred();
  /** Resolves when the plugin is no longer served from memory. */
  readonly opened = deferred();
  #opening: Promise<void> | undefined;
  #loaded = false;
  // What is stored for the next start.
  #kept: Offer | 'failed' | undefined;
  #plugin: Plugin | undefined;
  #disabled: string | undefined;
  #error: GatewayError | undefined;
  // Why the latest offer cannot be used.
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

  /** Opens the plugin unless it is refused, or serves the offer of the last start. A failure is stored and reported, never thrown. */
  async open(refused: string | GatewayError | undefined): Promise<void> {
    const { manifest, adapter } = this.#found;
    if (refused instanceof GatewayError) this.#error ??= refused;
    this.#disabled = refused instanceof GatewayError ? refused.message : refused;
    if (refused !== undefined || !manifest || !adapter) return this.#settle();
    if (!(await this.#recall())) await this.openPlugin();
  }

  async #recall(): Promise<boolean> {
    const refuse = (): Promise<never> => Promise.reject(toUnavailable(this.status()));
    // While a plugin is replaced, its predecessor serves.
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

  /** Opens a plugin that was served from memory so far. Any other plugin is already open. */
  openPlugin(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Settles once the plugin has listed, or reports that a list should not wait for it. */
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

  // The only way from an offer to the catalogue. An unusable offer counts as the plugin's failure until the plugin sends another one.
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
      // If another offer arrived meanwhile, only that one is announced.
      if (!(await this.#vet(given, again))) return;
      if (offered) this.isRemembered = false;
    } else if (this.#offer.isVetting) {
      // The plugin has not listed before its offer is vetted, so changes are announced together with that offer.
      return;
    }
    // A plugin that restarts or reports an error may never list, so nothing waits for it.
    const isLate = !given && (this.#isOut() || this.#plugin?.state() === 'restarting');
    if (isLate) this.#forget();
    if (given || isLate || this.#isOut() || this.#plugin?.error?.()) this.#settle();
    this.#parts.events.changed(this);
    if (!this.isRemembered) this.opened.resolve();
  }

  /** Whether the plugin's source declares a tool of this native name; it is listed once the plugin has loaded. */
  declares(native: string): boolean {
    return this.#plugin?.offer()?.tools.some((tool) => nativeName(tool, this.config.names) === native) === true;
  }

  // A plugin may still fail to load, so its offer counts only once it has. The offer of a newer version counts at once.
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

  /** Vets the offer again, by the current limits. */
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

  /** Whether the plugin is not served and will not recover by itself. */
  #isOut(): boolean {
    return this.#error !== undefined || this.#fault !== undefined || this.#plugin?.state() === 'failed';
  }

  /** What the plugin adds to the catalogue; undefined while it is disabled or closed. */
  contribution(remembered: () => KnownTool[]): Contribution | undefined {
    const manifest = this.#manifest;
    if (this.#closed || this.#disabled !== undefined) return undefined;
    const predecessor = this.#predecessor?.contribution(() => []);
    if (predecessor?.offer && !predecessor.opening && !this.#offer.given) return predecessor;
    const { id, origin, guards = false } = this.#found;
    const known = manifest ?? { id, version: '', adapter: '', origin, watch: [], digest: '', ...(guards ? { guards } : {}) };
    // A failed plugin offers nothing, but keeps its claim on its names.
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

  /** The tools to store for the next start; undefined until the plugin has listed. */
  knownTools(): KnownTool[] | undefined {
    const { given, tools } = this.#offer;
    if (!given || given.needs.length > 0 || this.isRemembered) return undefined;
    return tools.tools.map(({ tool }) => toKnown(tool, nativeName(tool, this.config.names)));
  }

  status(): PluginStatus {
    return {
      id: this.id,
      ...toStatus(this.#manifest, this.#found, this.#offer),
      state: this.state(),
      error: this.#error ?? this.#fault ?? this.#plugin?.error?.(),
    };
  }

  /** The commands that a user can run on the plugin. */
  commands = (): readonly UserCommand[] => this.#offer.given?.commands ?? [];
  check = async (): Promise<readonly Problem[]> => (this.#plugin ? checkPlugin(this.#plugin) : []);
  watch = (uris: ReadonlySet<string>): void => this.#plugin?.setSubscriptions?.(uris);

  refresh(requester: ListRequester): Promise<void> | undefined {
    if (this.state() !== 'ready') return undefined;
    return this.#plugin?.refresh?.(requester)?.then(() => this.#updating);
  }

  /** Stores the offer for the next start, or that the plugin did not load. */
  remember(): void {
    const { given } = this.#offer;
    if (!this.#manifest || this.#closed || this.#disabled !== undefined || this.isRemembered) return;
    // A plugin that is still opening has not failed, so the stored offer stays.
    const hasFailed = this.#isOut() || (!this.#loaded && this.#plugin?.state() === 'restarting');
    const now = hasFailed ? 'failed' : this.#loaded ? given : undefined;
    if (now === undefined || now === this.#kept) return;
    this.#kept = now;
    this.#parts.memory?.set(this.#found, now === 'failed' ? undefined : now);
  }

  async start(): Promise<void> {
    await this.openPlugin();
    await this.#plugin?.start();
    // An offer is served once it has been vetted.
    await this.#offer.vetted();
  }

  /** Clears a failure, so the next `apply` reopens the plugin. False if it had not failed. */
  resetFailure(): boolean {
    const { manifest, adapter } = this.#found;
    if (this.#closed || this.#disabled !== undefined || !this.#isOut()) return false;
    if (manifest) adapter?.resetFailure?.(manifest, this.#parts.host);
    return true;
  }

  async close(disabled = false): Promise<void> {
    // The plugin's own cleanup on disable must run, even if the plugin has not been opened so far.
    if (disabled) await this.openPlugin();
    this.#closed = true;
    this.#settle();
    this.opened.resolve();
    await this.#plugin?.close(disabled);
  }
}
