import type { Member } from '../core/contract/member.ts';
import type { Manifest, Offer, Plugin } from '../core/contract/plugin.ts';
import type { JsonObject } from '../core/json/json.ts';

/** A plugin that offers what its member reports. */
export interface ReportedPluginOptions {
  readonly manifest: Manifest;
  readonly member: Member;
  /** Whether a report says all; one that is ready and has not said all is still opening. Absent: every report does. */
  isComplete?(report: JsonObject | undefined): boolean;
  /** What it offers after a report; made once for each. */
  toOffer(report: JsonObject | undefined): Offer | undefined;
}

/** The plugin of a member, without what only its format knows to do. */
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
