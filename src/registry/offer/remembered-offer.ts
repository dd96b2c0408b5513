import * as z from 'zod';
import { emptyOffer, type Offer } from '../../core/contract/plugin.ts';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { ExactNumber, toJsonText } from '../../core/json/exact-number.ts';
import { parseExact } from '../../core/json/exact-parse.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';

/** Of the JSON of one plugin's offer. */
const MAX_CHARS = 4 * 1024 * 1024;

const text = z.string();
const texts = z.array(text);
const flag = z.boolean().optional();
const count = z.number().optional();
const object = z.custom<JsonObject>(isJsonObject, 'it is not an object');

const hints = z.object({ readOnly: flag, destructive: flag, idempotent: flag, openWorld: flag });
const listed = { title: text.optional(), description: text.optional(), meta: object.optional(), extras: object.optional() };
const tool = z.object({
  ...listed,
  name: text,
  native: text.optional(),
  aliases: texts.optional(),
  description: text,
  // Vetted with the schemas, so that an invalid one rejects only this tool.
  input: z.unknown(),
  output: object.optional(),
  checksOutput: flag,
  hints: hints.optional(),
  approval: z.enum(['auto', 'client', 'required']),
  labels: texts.optional(),
  timeoutMs: count,
  usualTimeoutMs: count,
  maxChars: count,
  exactNumbers: flag,
  fault: text.optional(),
  resultsAsGiven: flag,
  untrusted: flag,
});
const named = z.object({ name: text, title: text.optional(), description: text.optional(), required: flag });
// Kept as it is: a copy would have its members in another order.
const argument = z.custom((value) => named.safeParse(value).success, 'it is not an argument');
const prompt = z.object({
  ...listed,
  name: text,
  arguments: z.array(argument).optional(),
  composed: flag,
  requires: texts.optional(),
  runs: text.optional(),
  guarded: flag,
  skill: text.optional(),
});
const described = { ...listed, name: text, mimeType: text.optional(), annotations: object.optional(), requires: texts.optional() };
const size = z.custom((value) => typeof value === 'number' || value instanceof ExactNumber, 'it is not a number');
const trigger = z.object({
  id: text,
  title: text,
  description: text.optional(),
  params: object.optional(),
  kind: z.enum(['poll', 'subscribe']).optional(),
});
const resource = z.object({
  ...described,
  uri: text,
  size: size.optional(),
  composed: flag,
  skill: text.optional(),
  trigger: trigger.optional(),
});
const template = z.object({ ...described, uriTemplate: text });
const skill = z.object({
  name: text,
  description: text.optional(),
  address: text,
  frontMatter: object.optional(),
  forModels: z.boolean(),
  compatibility: text.optional(),
  allowedTools: text.optional(),
  requires: texts.optional(),
  untrusted: flag,
  meta: object.optional(),
  at: text.optional(),
});
const problem = z.object({
  code: z.custom((code) => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code), 'it is not an error code').optional(),
  message: text,
  fix: text.optional(),
  subject: text.optional(),
});
const bounds = z.object({
  network: z.object({ allow: texts.optional(), deny: texts, allowPrivate: z.boolean() }).optional(),
  fs: z.object({ read: texts, write: texts, workdir: text.optional() }).optional(),
});
const profile = z.object({
  name: text,
  description: text.optional(),
  instructions: text.optional(),
  plugins: texts,
  tools: texts.optional(),
  askAlways: flag,
  denyRules: texts.optional(),
  bounds: bounds.optional(),
});

const adminDetails = z.object({
  authorId: text.optional(),
  name: text.optional(),
  version: text.optional(),
  description: text.optional(),
  scope: text.optional(),
  addsInstructions: flag,
  permissions: texts.optional(),
  granted: texts.optional(),
  tools: z.array(z.object({ name: text, usage: text.optional(), permissions: texts.optional(), dynamic: flag })).optional(),
});

/** An offer without its functions: the contents of its lists, and whether it intercepts calls. */
const stored = z.object({
  version: text.optional(),
  tools: z.array(tool),
  prompts: z.array(prompt),
  resources: z.array(resource),
  templates: z.array(template),
  skills: z.array(skill).optional(),
  triggers: z.array(trigger),
  instructions: text.optional(),
  profiles: z.array(profile).optional(),
  problems: z.array(problem),
  facts: object,
  adminDetails: adminDetails.optional(),
  settings: object.optional(),
  reads: z.boolean(),
  composes: z.boolean(),
  // What happens to a call if the middleware fails; absent if there is none.
  intercepts: z.enum(['deny', 'allow']).optional(),
});

/** An offer as JSON for the next start; undefined if it cannot be stored. */
export function writeOffer(offer: Offer): string | undefined {
  const { success, data } = stored.safeParse({
    ...offer,
    // Dynamic tools and tools of single sessions are created again by the next run.
    tools: offer.tools.filter(({ dynamic = false, shownTo }) => !dynamic && shownTo === undefined),
    reads: offer.read !== undefined,
    composes: offer.compose !== undefined,
    intercepts: offer.middleware?.onError,
  });
  const json = success ? toJsonText(data) : '';
  return json === '' || json.length > MAX_CHARS ? undefined : json;
}

/** Reads a stored offer; `refuse` replaces every function. Throws if the text is not one that `writeOffer` wrote. */
export function readOffer(json: string, refuse: () => Promise<never>): Offer {
  if (json.length > MAX_CHARS) throw new Error('it is too long');
  const { reads, composes, intercepts, tools, prompts, resources, templates, skills, ...rest } = stored.parse(parseExact(json));
  return {
    ...emptyOffer,
    ...rest,
    tools: tools.map((item) => ({ ...item, call: refuse })),
    prompts: prompts.map((item) => ({ ...item, get: refuse })),
    resources: resources.map((item) => ({ ...item, read: refuse })),
    templates: templates.map((item) => ({ ...item, read: refuse })),
    ...(skills ? { skills: skills.map((item) => ({ ...item, files: refuse, list: refuse, read: refuse, load: refuse })) } : {}),
    ...(reads ? { read: refuse } : {}),
    ...(composes ? { compose: refuse } : {}),
    // The steps are known once the plugin has opened.
    ...(intercepts ? { middleware: { onError: intercepts } } : {}),
  } as unknown as Offer;
}
