import { setTimeout as sleep } from 'node:timers/promises';
import type { PluginStore } from '../../src/core/contract/plugin-store.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import type { Logger } from '../../src/core/log.ts';
import { optionalText } from '../../src/host/group/wire.ts';

/** The stored state of a plugin's installation for one tenant. */
interface Install {
  readonly state: 'installing' | 'installed' | 'failed';
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  readonly error?: string;
}

/** Longer than the limit of a hook: an older "installing" record means that the installation was interrupted. */
const MAX_MS = 70_000;
const LOOK_AGAIN_MS = 250;

/** The installation record of one plugin and tenant, in the gateway's store. Hooks run once, even with several gateways. */
export class Installs {
  readonly #keep: PluginStore;
  readonly #key: string;
  readonly #log: Logger;

  constructor(keep: PluginStore, tenant: string, log: Logger) {
    this.#keep = keep;
    this.#key = `install:${tenant}`;
    this.#log = log;
  }

  /** Whether the caller should run the hook now. The record is written before this returns. */
  async begin(version: string): Promise<boolean> {
    const mark: Install = { state: 'installing', version, at: new Date().toISOString() };
    if (this.#keep.add(this.#key, JSON.stringify(mark))) return true;
    for (;;) {
      const record = this.#read();
      if (!record) return this.begin(version);
      if (record.state === 'installed') {
        if (record.version !== version)
          this.#log.info(`the version changed from ${record.version} to ${version}; on_install is not run again`);
        return false;
      }
      if (record.state === 'failed') throw again(`on_install failed on ${record.at}: ${record.error}`);
      if (Date.now() - Date.parse(record.at) > MAX_MS) throw again(`an installation that began on ${record.at} was interrupted`);
      await sleep(LOOK_AGAIN_MS);
    }
  }

  done(version: string): void {
    this.#write({ state: 'installed', version, at: new Date().toISOString() });
  }

  failed(version: string, error: string): void {
    this.#write({ state: 'failed', version, at: new Date().toISOString(), error });
  }

  get installed(): boolean {
    return this.#read()?.state === 'installed';
  }

  /** Deletes the record. */
  forget(): void {
    this.#keep.delete(this.#key);
  }

  /** Handles the runtime's requests about the installation. */
  async answer(method: string, params: JsonObject): Promise<boolean> {
    const [version = '', error = ''] = [optionalText(params, 'version'), optionalText(params, 'error')];
    if (method === 'installing') return this.begin(version);
    if (method === 'installed') this.done(version);
    else if (method === 'notInstalled') this.failed(version, error);
    else throw new GatewayError('METHOD_NOT_FOUND', `The ScaiWave adapter has no method "${method}".`);
    return true;
  }

  #read(): Install | undefined {
    const text = this.#keep.get(this.#key);
    return text === undefined ? undefined : (JSON.parse(text) as Install);
  }

  #write(install: Install): void {
    this.#keep.set(this.#key, JSON.stringify(install));
  }
}

function again(why: string): GatewayError {
  return new GatewayError('PLUGIN_FAILED', `The plugin stays disabled: ${why}.`, {
    fix: 'Fix the cause and enable it again: plugmux enable <plugin>, or POST /v1/admin/plugins/<id>/enable.',
  });
}
