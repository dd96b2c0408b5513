import type { Offer } from '../../core/contract/plugin.ts';
import { type CleanOffer, cleanOffer } from './clean-offer.ts';
import { NO_TOOLS, type VettedTools, type Vetting, vetTools } from './tools.ts';

/** A plugin's current offer: as it was received, and the part that may be served. */
export class VettedOffer {
  /** As it was received; for detecting changes. */
  given: Offer | undefined;
  /** The offer with texts that are safe to show. */
  clean: CleanOffer | undefined;
  tools: VettedTools = NO_TOOLS;
  /** Whether a newer offer is being vetted. */
  isVetting = false;
  #latest: Promise<unknown> | undefined;

  /** Vets an offer and stores the result; `again`: also tools with unchanged schemas. False if another offer arrived meanwhile. */
  async take(given: Offer, vetting: Vetting, again: boolean): Promise<boolean> {
    const clean = cleanOffer(given);
    this.given = given;
    this.clean = clean;
    this.isVetting = true;
    const run = vetTools(clean.offer.tools, vetting, again ? NO_TOOLS : this.tools);
    this.#latest = run;
    try {
      const tools = await run;
      // Vetting yields to other work, so a newer offer may have arrived: the older one must not overwrite it.
      if (this.#latest !== run) return false;
      this.tools = tools;
      return true;
    } finally {
      // Cleared in the same turn in which `tools` is set, so that no reader sees only one of them.
      if (this.#latest === run) this.isVetting = false;
    }
  }

  /** Settles when the vetting that is under way has ended. */
  async vetted(): Promise<void> {
    await this.#latest?.catch(() => undefined);
  }

  clear(): void {
    this.given = undefined;
    this.clean = undefined;
    this.tools = NO_TOOLS;
    this.isVetting = false;
    this.#latest = undefined;
  }
}
