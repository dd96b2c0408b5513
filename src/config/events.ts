import * as z from 'zod';

/** Addresses that get the events of triggers. */
export interface EventsConfig {
  readonly webhooks: readonly WebhookConfig[];
  /** Whether webhooks may be on this machine or in its networks, and use plain HTTP. */
  readonly allowPrivate: boolean;
}

/** One webhook. */
export interface WebhookConfig {
  readonly url: string;
  readonly secret: string;
  /** The previous secret, while the receiver changes to the new one. */
  readonly oldSecret?: string | undefined;
  /** Names of triggers, `<plugin>.<trigger>`, with globs. */
  readonly sources: readonly string[];
}

const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

/** The bytes of a secret of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes; undefined for other texts. */
export function secretBytes(secret: string): Buffer | undefined {
  if (!SECRET.test(secret)) return undefined;
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

const secret = z.string().refine((text) => secretBytes(text) !== undefined, 'a secret: "whsec_" and base64 of 24 to 64 bytes');

/** The key `events`. */
export const eventsSchema = z.strictObject({
  webhooks: z
    .array(
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).describe('where events are posted to; https, or http with allowPrivate'),
        secret: secret.describe('signs the events, as in Standard Webhooks'),
        oldSecret: secret.optional().describe('signs the events, too, while the receiver changes to the new secret'),
        sources: z.array(z.string().min(1)).min(1).describe('triggers, <plugin>.<trigger>, with globs'),
      }),
    )
    .optional()
    .describe('get the events of triggers; a trigger that a webhook names always runs'),
  allowPrivate: z.boolean().optional().describe('allow webhooks on this machine and in its networks, and plain HTTP'),
});

export function toEventsConfig(file: z.infer<typeof eventsSchema> | undefined): EventsConfig {
  return { webhooks: file?.webhooks ?? [], allowPrivate: file?.allowPrivate ?? false };
}
