import type { Offer } from '../../core/contract/plugin.ts';
import { type CleanOffer, cleanOffer } from './clean-offer.ts';
import { NO_TOOLS, type VettedTools, type Vetting, vetTools } from './tools.ts';

/** What a plugin offers at this moment: as it was given, and what of it may be served. */
export class VettedOffer {
  /** As it was given, to tell whether it has changed. */
  given: Offer | undefined;
  /** What may be shown of it. */
  clean: CleanOffer | undefined;
  tools: VettedTools = NO_TOOLS;
  /** Whether a newer offer is being vetted. */
  isVetting = false;
  #latest: Promise<unknown> | undefined;

  /** Vets an offer and takes it over; `again`: also tools whose schemas are known. False if another offer came meanwhile. */
  async take(given: Offer, vetting: Vetting, again: boolean): Promise<boolean> {
    const clean = cleanOffer(given);
    this.given = given;
    this.clean = clean;
    this.isVetting = true;
    const run = vetTools(clean.offer.tools, vetting, again ? NO_TOOLS : this.tools);
    this.#latest = run;
    try {
      const tools = await run;
      // Vetting may wait for a trial; one that has been overtaken meanwhile must not win.
      if (this.#latest !== run) return false;
      this.tools = tools;
      return true;
    } finally {
      // In one go with what was vetted: nobody may find the one without the other.
      if (this.#latest === run) this.isVetting = false;
    }
  }

  /** Settles when what is being vetted has been. */
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
