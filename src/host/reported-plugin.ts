import type { Member } from '../core/contract/member.ts';
import type { Manifest, Offer, Plugin } from '../core/contract/plugin.ts';
import type { JsonObject } from '../core/json/json.ts';

/** How to build a plugin from the reports of its member. */
export interface ReportedPluginOptions {
  readonly manifest: Manifest;
  readonly member: Member;
  /** Whether a report is complete; until then a ready member counts as opening. Default: every report is. */
  isComplete?(report: JsonObject | undefined): boolean;
  /** Converts a report to an offer; called once per report. */
  toOffer(report: JsonObject | undefined): Offer | undefined;
}

/** Creates a plugin from its member, without format-specific methods. */
export function createReportedPlugin({ manifest, member, isComplete = () => true, toOffer }: ReportedPluginOptions): Plugin {
  let report = member.report();
  let offer = toOffer(report);
  return {
    manifest,
    offer() {
      const latest = member.report();
      if (latest !== report) {
        offer = toOffer(latest);
        report = latest;
      }
      return offer;
    },
    state: () => (member.state() === 'ready' && !isComplete(member.report()) ? 'opening' : member.state()),
    error: () => member.error(),
    start: () => member.start(),
    late: () => member.late(),
    onChange: (listener) => member.onChange(listener),
    close: () => member.leave(),
  };
}
