/** Forms of tool schemas for clients: accepted by every client, as the plugin wrote them, or for Gemini. */
export const SCHEMA_FORMS = ['portable', 'verbatim', 'gemini'] as const;

/** One of the forms. */
export type SchemaForm = (typeof SCHEMA_FORMS)[number];
