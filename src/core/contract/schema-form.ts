/** The forms in which clients can get the schemas of tools: as every client takes them, as the plugin wrote them, as Gemini takes them. */
export const SCHEMA_FORMS = ['portable', 'verbatim', 'gemini'] as const;

/** One of the forms. */
export type SchemaForm = (typeof SCHEMA_FORMS)[number];
