import { emptyOffer, type Offer, type Problem } from '../../src/core/contract/plugin.ts';
import type { Tool } from '../../src/core/contract/tool.ts';
import type { TalosFunction, TalosManifest } from './manifest.ts';
import type { TalosReport } from './report.ts';

/** The original host's time limit for one call, in milliseconds. */
export const CALL_TIMEOUT_MS = 120_000;

/** Arguments of `toOffer`. */
export interface OfferInput {
  /** The plugin's id in the gateway. */
  readonly id: string;
  readonly manifest: TalosManifest;
  readonly instructions: string;
  readonly needs: readonly string[];
  readonly problems: readonly Problem[];
  /** Absent until the plugin is loaded; until then all declared functions are offered. */
  readonly report?: TalosReport | undefined;
  readonly call: (name: string) => Tool['call'];
}

/** Builds the offer from the manifest, and once loaded, from the handlers in its code. */
export function toOffer(input: OfferInput): Offer {
  const { manifest, needs, report } = input;
  const usable = needs.length === 0;
  const handled = report && new Set(report.functions);
  const functions = manifest.functions.filter((f) => handled === undefined || handled.has(f.name));
  return {
    ...emptyOffer,
    tools: usable ? functions.map((f) => toTool(f, input)) : [],
    ...(usable && input.instructions !== '' ? { instructions: input.instructions } : {}),
    triggers: manifest.triggers.map((t) => ({
      id: t.id,
      title: t.label,
      ...(t.description === undefined ? {} : { description: t.description }),
      ...(t.params && { params: t.params }),
      ...(report?.triggers.includes(t.id) ? { kind: report.subscribes.includes(t.id) ? ('subscribe' as const) : ('poll' as const) } : {}),
    })),
    needs,
    problems: [...manifest.problems, ...input.problems, ...unsupported(manifest), ...(report ? mismatches(manifest, report) : [])],
    facts: {
      ...(report ? { dialect: report.dialect } : {}),
      category: manifest.category,
      functions: manifest.functions.length,
      ...(manifest.modules.length > 0 ? { modules: manifest.modules.map((m) => m.id) } : {}),
    },
  };
}

function toTool(fn: TalosFunction, { id, manifest, call }: OfferInput): Tool {
  const modules = manifest.modules.filter((m) => m.functions.includes(fn.name)).map((m) => m.id);
  // A plugin without modules counts as one module with the plugin's name.
  if (manifest.modules.length === 0) modules.push(manifest.id);
  return {
    name: fn.name,
    native: `${id}_${fn.name}`,
    aliases: [`${manifest.id}_${fn.name}`],
    title: `${manifest.name}: ${fn.name}`,
    description: fn.description,
    input: fn.parameters,
    // Credentials imply an external service. Nothing else is known about a function's effects.
    ...(manifest.credentials.length > 0 ? { hints: { openWorld: true } } : {}),
    approval: 'client',
    labels: [`category:${manifest.category}`, ...modules.map((m) => `talos:${id}:${m}`)],
    meta: { category: manifest.category, modules },
    usualTimeoutMs: CALL_TIMEOUT_MS,
    call: call(fn.name),
  };
}

function unsupported(manifest: TalosManifest): Problem[] {
  const problems: Problem[] = [];
  if (manifest.sidecar) {
    problems.push({
      subject: 'sidecar',
      message: 'The manifest requires a sidecar container, which is not supported; the functions are served without it.',
    });
  }
  if (manifest.oauth) {
    problems.push({
      subject: 'oauth',
      message: 'The OAuth consent flow is not supported.',
      fix: 'Obtain a refresh token elsewhere and set "credentials.refresh_token".',
    });
  }
  return problems;
}

function mismatches(manifest: TalosManifest, report: TalosReport): Problem[] {
  const handled = new Set(report.functions);
  const missing = manifest.functions.filter((f) => !handled.has(f.name)).map((f) => f.name);
  const problems: Problem[] = missing.map((name) => ({
    code: 'TOOL_REFUSED',
    subject: name,
    message: `The manifest declares the function "${name}", but the code has no handler of that name; it is not offered.`,
  }));
  for (const name of report.undeclared) {
    problems.push({
      subject: name,
      message: `The code has a handler "${name}" that the manifest does not declare; it is not offered.`,
    });
  }
  for (const { id } of manifest.triggers) {
    if (!report.triggers.includes(id))
      problems.push({
        subject: id,
        message: `The manifest declares the trigger "${id}", but the code does not handle it.`,
      });
  }
  if (report.startError !== undefined)
    problems.push({
      code: 'PLUGIN_FAILED',
      subject: 'start',
      message: `start() failed: ${report.startError}`,
      ...(report.startFix === undefined ? {} : { fix: report.startFix }),
    });
  return problems;
}
