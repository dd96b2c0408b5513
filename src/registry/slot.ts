import type { PluginConfig } from '../config/config.ts';
import type { UserCommand } from '../core/command.ts';
import { GatewayError, thrownText } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { JsonObject } from '../core/json.ts';
import type { Asker, Manifest, Offer, Plugin, PluginState, Problem } from '../core/plugin.ts';
import { type Contribution, nativeName } from './catalogue.ts';
import { type CleanOffer, cleanManifest, cleanOffer } from './clean-offer.ts';
import { problemsOf } from './problems.ts';
import type { Found } from './sources.ts';
import { NO_TOOLS, type Quarantined, type RegistryLimits, vetTools } from './tools.ts';
import { createValidatorSet, type ValidatorSet } from './validators.ts';
import { tellWithheld } from './withheld.ts';

/** What an operator may know of one plugin. */
export interface SlotStatus {
  readonly id: string;
  readonly alias?: string | undefined;
  readonly adapter?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly version?: string | undefined;
  readonly origin: string;
  /** Files and folders whose change may mean a changed plugin. */
  readonly watch: readonly string[];
  readonly state: 'disabled' | 'needs-config' | PluginState;
  readonly error?: GatewayError | undefined;
  readonly beside?: readonly string[] | undefined;
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  readonly quarantined: readonly Quarantined[];
  /** What of it is not served and why, in one line. */
  readonly withheld?: string | undefined;
  readonly triggers: Offer['triggers'];
  readonly facts: JsonObject;
}

/** What a slot tells the registry. */
export interface SlotEvents {
  changed(slot: Slot): void;
  updated(slot: Slot, uri: string): void;
}

/** One plugin's place in the registry, from being found to being closed. */
export class Slot {
  readonly id: string;
  readonly digest: string;
  /** As the last reload left it: what the plugin itself was opened with is still the same. */
  config: PluginConfig;
  /** Settles when the plugin has listed what it offers, or never will. */
  readonly listed: Promise<void>;
  readonly #found: Found;
  /** What may be shown of the plugin's manifest. */
  readonly #manifest: Manifest | undefined;
  readonly #limits: RegistryLimits;
  readonly #host: Host;
  readonly #events: SlotEvents;
  // The version that this one replaces: it stands in until this one has listed.
  #before: Slot | undefined;
  readonly #validators: ValidatorSet;
  /** Whether `listed` has settled. */
  hasListed = false;
  #settle: () => void = () => undefined;
  #plugin: Plugin | undefined;
  #disabled: string | undefined;
  #error: GatewayError | undefined;
  // What it said last cannot be used.
  #fault: GatewayError | undefined;
  // As the plugin gave it, to tell whether it has changed; below it what may be shown of it.
  #given: Offer | undefined;
  #clean: CleanOffer | undefined;
  #vetted = NO_TOOLS;
  #closed = false;
  #vetting = false;
  #latest: Promise<unknown> | undefined;
  #updating: Promise<void> | undefined;

  constructor(found: Found, digest: string, limits: RegistryLimits, host: Host, events: SlotEvents, before?: Slot) {
    this.id = found.id;
    this.digest = digest;
    this.config = found.config;
    this.#found = found;
    this.#manifest = found.manifest && cleanManifest(found.manifest);
    this.#limits = limits;
    this.#validators = createValidatorSet({
      get depth() {
        return limits.jsonDepth;
      },
      get keys() {
        return limits.jsonKeys;
      },
      get items() {
        return limits.jsonItems;
      },
    });
    this.#host = host;
    this.#events = events;
    this.#before = before;
    this.#error = found.error;
    this.listed = new Promise((resolve) => {
      this.#settle = () => {
        this.hasListed = true;
        this.#before = undefined;
        resolve();
      };
    });
  }

  /** Opens the plugin unless it was refused; a failure is kept and told, never thrown. */
  async open(refused: string | GatewayError | undefined): Promise<void> {
    const { manifest, adapter } = this.#found;
    if (refused instanceof GatewayError) this.#error ??= refused;
    this.#disabled = refused instanceof GatewayError ? refused.message : refused;
    if (refused !== undefined || !manifest || !adapter) return this.#settle();
    try {
      const plugin = await adapter.open(manifest, this.#host);
      this.#plugin = plugin;
      if (this.#closed) return await plugin.close();
      plugin.onChange(() => {
        this.#updating = this.#takeOver();
      });
      plugin.onUpdated?.((uri) => this.#events.updated(this, uri));
      await this.#update();
    } catch (error) {
      this.#error = asFailure(error, this.id);
      this.#settle();
    }
  }

  // The one way from a plugin's word to the catalogue: what cannot be used is that plugin's failure, until it says something else.
  async #takeOver(again = false): Promise<void> {
    try {
      await this.#update(again);
    } catch (error) {
      this.#fault = asFailure(error, this.id);
      this.#settle();
      this.#events.changed(this);
    }
  }

  async #update(again = false): Promise<void> {
    const given = this.#plugin?.offer();
    this.#fault = undefined;
    if (given && (again || given !== this.#given)) {
      this.#given = given;
      const clean = cleanOffer(given);
      this.#clean = clean;
      this.#vetting = true;
      const vetting = { plugin: this.id, limits: this.#limits, validators: this.#validators, validate: this.config.validate };
      const run = vetTools(clean.offer.tools, vetting, again ? NO_TOOLS : this.#vetted);
      this.#latest = run;
      try {
        const vetted = await run;
        // Vetting lets others have a turn; one that has been overtaken meanwhile must not win.
        if (this.#latest !== run) return;
        this.#vetted = vetted;
      } finally {
        // In one go with what was vetted: nobody may find the one without the other.
        if (this.#latest === run) this.#vetting = false;
      }
    } else if (this.#vetting) {
      // What happens meanwhile is told with what is being vetted: before that the plugin has not listed.
      return;
    }
    // One that is being restarted, or has begun to explain itself, may never list: nobody waits for it.
    if (given || this.#isOut() || this.state() === 'restarting' || this.#plugin?.error?.()) this.#settle();
    this.#events.changed(this);
  }

  /** Vets what the plugin offers by the limits that hold now; the plugin itself goes on. */
  vetAgain(): void {
    this.#updating = this.#takeOver(true);
  }

  state(): SlotStatus['state'] {
    if (this.#closed) return 'closed';
    if (this.#disabled !== undefined) return 'disabled';
    if (this.#isOut())
      return (this.#error ?? this.#fault ?? this.#plugin?.error?.())?.code === 'NEEDS_CONFIGURATION' ? 'needs-config' : 'failed';
    const state = this.#plugin?.state() ?? 'opening';
    return state === 'ready' && (this.#given?.needs.length ?? 0) > 0 ? 'needs-config' : state;
  }

  /** Whether it is not served, and will not be by itself. */
  #isOut(): boolean {
    return this.#error !== undefined || this.#fault !== undefined || this.#plugin?.state() === 'failed';
  }

  /** What it brings into the catalogue; nothing while it is disabled. */
  contribution(remembered: () => string[]): Contribution | undefined {
    const manifest = this.#manifest;
    if (this.#closed || this.#disabled !== undefined) return undefined;
    const before = this.#before?.contribution(() => []);
    if (before?.offer && !this.#given) return before;
    const known = manifest ?? {
      id: this.id,
      version: '',
      adapter: '',
      origin: this.#found.origin,
      watch: [],
      digest: '',
      ...(this.#found.guards ? { guards: true } : {}),
    };
    // A failed plugin offers nothing, but keeps its claim on the names it had.
    const offer = this.#isOut() ? undefined : this.#clean?.offer;
    return {
      manifest: known,
      offer,
      vetted: this.#vetted,
      names: this.config.names,
      remembered: offer ? [] : remembered(),
    };
  }

  /** The native names of its tools, once it has listed. */
  nativeNames(): string[] | undefined {
    return this.#given && this.#given.needs.length === 0
      ? this.#vetted.tools.map(({ tool }) => nativeName(tool, this.config.names))
      : undefined;
  }

  status(): SlotStatus {
    const { origin } = this.#found;
    const manifest = this.#manifest;
    const offer = this.#clean?.offer;
    return {
      id: this.id,
      alias: manifest?.alias,
      adapter: manifest?.adapter,
      title: manifest?.title,
      description: manifest?.description,
      version: manifest?.version,
      origin,
      watch: manifest?.watch ?? (origin === '' ? [] : [origin]),
      state: this.state(),
      error: this.#error ?? this.#fault ?? this.#plugin?.error?.(),
      beside: manifest?.beside,
      needs: offer?.needs ?? [],
      problems: [manifest?.ignored, offer?.problems, this.#clean?.problems, problemsOf(this.#vetted)].flatMap((found) => found ?? []),
      quarantined: this.#vetted.quarantined,
      withheld: this.withheld(),
      triggers: offer?.triggers ?? [],
      facts: offer?.facts ?? {},
    };
  }

  /** What of it is not served and why, in one line; undefined where all of it is. */
  withheld(): string | undefined {
    const { tools, quarantined } = this.#vetted;
    return quarantined.length === 0 ? undefined : tellWithheld(tools.length + quarantined.length, quarantined);
  }

  /** What a person can run on it. */
  commands(): readonly UserCommand[] {
    return this.#given?.commands ?? [];
  }

  refresh(asker: Asker): Promise<void> | undefined {
    if (this.state() !== 'ready') return undefined;
    return this.#plugin?.refresh?.(asker)?.then(() => this.#updating);
  }

  async check(): Promise<readonly Problem[]> {
    try {
      return (await this.#plugin?.check?.()) ?? [];
    } catch (error) {
      return [{ code: 'PLUGIN_FAILED', subject: 'check', message: `It could not be checked: ${thrownText(error)}` }];
    }
  }

  watch(uris: ReadonlySet<string>): void {
    this.#plugin?.watch?.(uris);
  }

  async start(): Promise<void> {
    await this.#plugin?.start();
    // What it lists is served once it has been vetted.
    await this.#latest?.catch(() => undefined);
  }

  /** Forgets what kept it from being opened; false where nothing did. */
  renew(): boolean {
    const { manifest, adapter } = this.#found;
    if (this.#closed || this.#disabled !== undefined || !this.#isOut()) return false;
    if (manifest) adapter?.renew?.(manifest, this.#host);
    return true;
  }

  async close(disabled = false): Promise<void> {
    this.#closed = true;
    this.#settle();
    await this.#plugin?.close(disabled);
  }
}

function asFailure(error: unknown, plugin: string): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('PLUGIN_FAILED', thrownText(error), { plugin, cause: error });
}
